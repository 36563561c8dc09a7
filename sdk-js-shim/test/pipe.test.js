import assert from "node:assert/strict";
import { test } from "node:test";
import { pipe } from "../dist/pipe.js";

/** A source of these chunks; the last one may be an error. It records why it was cancelled. */
function source(chunks) {
  const seen = [];
  const rest = [...chunks];
  const stream = new ReadableStream({
    pull(controller) {
      const chunk = rest.shift();
      if (chunk === undefined) controller.close();
      else if (chunk instanceof Error) controller.error(chunk);
      else controller.enqueue(chunk);
    },
    cancel: (reason) => seen.push(reason.message),
  });
  return { stream, seen };
}

/** A destination that records what it gets, and fails at the chunk "fail". */
function destination() {
  const seen = [];
  const stream = new WritableStream({
    write(chunk) {
      if (chunk === "fail") throw new RangeError("the destination failed");
      seen.push(chunk);
    },
    close: () => seen.push("closed"),
    abort: (reason) => seen.push(`aborted: ${reason.message}`),
  });
  return { stream, seen };
}

const aborted = () => AbortSignal.abort(new Error("the signal"));

test("native: chunks are copied, and each end learns how the other one ended", async () => {
  for (const [chunks, options, written, cancelled, error] of [
    [["a", "b"], {}, ["a", "b", "closed"], [], undefined],
    [["a"], { preventClose: true }, ["a"], [], undefined],
    [["a", new Error("x")], {}, ["a", "aborted: x"], [], "x"],
    [["a", new Error("x")], { preventAbort: true }, ["a"], [], "x"],
    [["fail", "b"], {}, [], ["the destination failed"], "the destination failed"],
    [["fail", "b"], { preventCancel: true }, [], [], "the destination failed"],
    [["a"], { signal: aborted() }, ["aborted: the signal"], ["the signal"], "the signal"],
  ]) {
    const [from, to] = [source(chunks), destination()];
    const result = await pipe(from.stream, to.stream, options).catch((error) => error.message);
    assert.deepEqual([to.seen, from.seen, result], [written, cancelled, error]);
    assert(!from.stream.locked && !to.stream.locked);
  }
});

test("native: a signal ends the wait for a chunk", async () => {
  const controller = new AbortController();
  const to = destination();
  const piped = pipe(new ReadableStream(), to.stream, { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(piped, { message: "enough" });
  assert.deepEqual(to.seen, ["aborted: enough"]);
});

test("native: a destination that fails while no chunk comes ends the wait", async () => {
  let fail;
  const start = (controller) => {
    fail = () => controller.error(new Error("gone"));
  };
  const piped = pipe(new ReadableStream(), new WritableStream({ start }));
  fail();
  await assert.rejects(piped, { message: "gone" });
});

test("native: what cannot be piped is a TypeError", async () => {
  const locked = new ReadableStream();
  locked.getReader();
  for (const args of [
    [new ReadableStream(), {}],
    [locked, new WritableStream()],
    [new ReadableStream(), new WritableStream(), { signal: {} }],
  ]) {
    await assert.rejects(pipe(...args), TypeError);
  }
});
