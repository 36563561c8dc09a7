// Bodies that arrive piece by piece, as those of wasi:http do.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BodySource } from "../dist/body-source.js";

const bytes = (text) => new TextEncoder().encode(text);
const text = (bytes) => new TextDecoder().decode(bytes);

/** A reader of pieces; the last one may be an error. `cancelled` has the reasons with which it was cancelled. */
function readerOf(...pieces) {
  const cancelled = [];
  return {
    cancelled,
    length: pieces.join("").length,
    async next() {
      const piece = pieces.shift();
      if (piece instanceof Error) throw piece;
      return piece === undefined ? undefined : bytes(piece);
    },
    cancel: (reason) => cancelled.push(reason),
    isEmpty: async () => pieces.length === 0,
  };
}

test("a body is read whole, as a stream, or as two clones", async () => {
  const whole = new BodySource({ reader: readerOf("a", "bc") });
  assert.equal(text(await whole.bytes()), "abc");
  assert.equal(whole.isUsed, true);
  const streamed = new BodySource({ reader: readerOf("a", "bc") });
  assert.equal(streamed.isUsed, false);
  assert.deepEqual((await streamed.stream.getReader().read()).value, bytes("a"));
  assert.equal(streamed.isUsed, true);
  const cloned = new BodySource({ reader: readerOf("a", "bc") });
  const clone = cloned.clone();
  assert.deepEqual([text(await cloned.bytes()), text(await clone.bytes())], ["abc", "abc"]);
});

test("an error of the source is that of the body, and cancelling the stream cancels it", async () => {
  const error = new RangeError("midway");
  const failing = () => new BodySource({ reader: readerOf("a", error) });
  await assert.rejects(failing().bytes(), error);
  const reader = failing().stream.getReader();
  await reader.read();
  await assert.rejects(reader.read(), error);
  const source = readerOf("a");
  await new BodySource({ reader: source }).stream.cancel("enough");
  assert.deepEqual(source.cancelled, ["enough"]);
});

test("a body that is made of the stream of another has its length, unless that was read", async () => {
  for (const [n_streams, isRead, want] of [
    [0, false, 3],
    [1, false, 3],
    [2, false, 3],
    [1, true, undefined],
  ]) {
    let body = new BodySource({ reader: readerOf("a", "bc") });
    for (let n = 0; n < n_streams; n += 1) {
      const { stream } = body;
      if (isRead) {
        const reader = stream.getReader();
        await reader.read();
        reader.releaseLock();
      }
      body = new BodySource({ stream });
    }
    const reader = body.takeReader();
    const what = `${n_streams} streams, ${isRead}`;
    assert.equal(reader.length, want, what);
    if (!isRead) assert.equal(await reader.isEmpty(), false, what);
    assert.equal(text(await reader.next()), isRead ? "bc" : "a", what);
  }
});
