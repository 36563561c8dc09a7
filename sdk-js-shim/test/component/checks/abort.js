// `AbortSignal`: before, during and after a call.

import assert from "../guests/node-assert.js";
import { rejection, silentStream } from "./support.js";

/** How long the upstream takes to respond to a call that a signal ends early. */
const SLOW_MS = 2000;

/** Whether a promise is settled long before the upstream responds. */
async function isSoon(promise) {
  const start = performance.now();
  await promise.catch(() => {});
  return performance.now() - start < SLOW_MS / 2;
}

/** A controller that aborts after `ms`. */
function abortedAfter(ms, reason) {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), ms);
  return controller;
}

const isAbortError = (error) => error instanceof DOMException && error.name === "AbortError";

export const abort = {
  "a signal that is aborted rejects with an AbortError": async ({ base }) => {
    const controller = new AbortController();
    controller.abort();
    const error = await rejection(fetch(base, { signal: controller.signal }));
    assert.deepEqual([isAbortError(error), error === controller.signal.reason], [true, true]);
    assert.equal(error.code, DOMException.ABORT_ERR);
  },
  "the reason of the signal is what fetch rejects with": async ({ base }) => {
    for (const reason of ["text", 0, null, { a: 1 }, new RangeError("mine")]) {
      assert.equal(await rejection(fetch(base, { signal: AbortSignal.abort(reason) })), reason);
    }
  },
  "a signal that is aborted sends nothing": async ({ base }) => {
    const count = async () => Number(await (await fetch(`${base}/count/aborted`)).text());
    const before = await count();
    await rejection(fetch(`${base}/count/aborted`, { signal: AbortSignal.abort() }));
    assert.equal(await count(), before + 1);
  },
  "a signal that is aborted ends data: and blob: URLs": async () => {
    const blob = URL.createObjectURL(new Blob(["x"]));
    for (const url of ["data:,x", blob]) {
      assert(isAbortError(await rejection(fetch(url, { signal: AbortSignal.abort() }))), url);
    }
  },
  "an invalid request is a TypeError, also with a signal that is aborted": async () =>
    assert.rejects(fetch("http://[", { signal: AbortSignal.abort() }), TypeError),
  "the signal of a Request counts": async ({ base }) => {
    const request = new Request(base, { signal: AbortSignal.abort("enough") });
    assert.equal(await rejection(fetch(request)), "enough");
    assert.equal(await rejection(fetch(new Request(request))), "enough");
    assert.equal(await rejection(fetch(request.clone())), "enough");
  },
  "the signal of init replaces that of the Request": async ({ base }) => {
    const request = new Request(`${base}/hello`, { signal: AbortSignal.abort("first") });
    assert.equal(await rejection(fetch(request, { signal: AbortSignal.abort("last") })), "last");
    assert.equal((await fetch(request, { signal: null })).status, 200);
    assert.equal((await fetch(request, { signal: new AbortController().signal })).status, 200);
  },
  "an invalid signal rejects with a TypeError": async ({ base }) => {
    for (const signal of [{}, "x", 5, true]) {
      await assert.rejects(fetch(base, { signal }), TypeError, String(signal));
    }
  },
  "aborting right after the call rejects": async ({ base }) => {
    const controller = new AbortController();
    const promise = fetch(`${base}/hello`, { signal: controller.signal });
    controller.abort();
    assert(isAbortError(await rejection(promise)));
  },
  "aborting while the response is awaited rejects": async ({ base }) => {
    const { signal } = abortedAfter(30, "enough");
    assert.equal(await rejection(fetch(`${base}/slow`, { signal })), "enough");
  },
  "aborting while the response is awaited rejects at once": async ({ base }) => {
    const { signal } = abortedAfter(30);
    assert(
      await isSoon(fetch(`${base}/slow/${SLOW_MS}`, { signal })),
      "it takes as long as the response",
    );
  },
  "AbortSignal.timeout rejects with a TimeoutError": async ({ base }) => {
    const signal = AbortSignal.timeout(30);
    const error = await rejection(fetch(`${base}/slow`, { signal }));
    assert.deepEqual(
      [error instanceof DOMException, error.name, error === signal.reason],
      [true, "TimeoutError", true],
    );
  },
  "AbortSignal.timeout rejects at once": async ({ base }) => {
    const promise = fetch(`${base}/slow/${SLOW_MS}`, { signal: AbortSignal.timeout(30) });
    assert(await isSoon(promise), "it takes as long as the response");
  },
  "a timeout that is not over does not matter": async ({ base }) => {
    const signal = AbortSignal.timeout(60_000);
    assert.equal(await (await fetch(`${base}/hello`, { signal })).text(), "hello");
  },
  "AbortSignal.any rejects with the first reason": async ({ base }) => {
    const never = new AbortController().signal;
    const early = AbortSignal.any([never, AbortSignal.abort("early")]);
    assert.equal(await rejection(fetch(base, { signal: early })), "early");
    const late = AbortSignal.any([never, abortedAfter(30, "late").signal]);
    assert.equal(await rejection(fetch(`${base}/slow`, { signal: late })), "late");
  },
  "one signal ends several calls": async ({ base }) => {
    const { signal } = abortedAfter(30, "enough");
    const calls = [1, 2, 3].map(() => rejection(fetch(`${base}/slow`, { signal })));
    assert.deepEqual(await Promise.all(calls), ["enough", "enough", "enough"]);
  },
  "a signal ends its own call only": async ({ base }) => {
    const aborted = rejection(fetch(`${base}/hello`, { signal: AbortSignal.abort("enough") }));
    const other = fetch(`${base}/hello`);
    assert.deepEqual([await aborted, await (await other).text()], ["enough", "hello"]);
  },
  "aborting before the body is read rejects the read": async ({ base }) => {
    const methods = ["text", "json", "arrayBuffer", "blob", "bytes"];
    for (const method of methods) {
      const controller = new AbortController();
      const response = await fetch(`${base}/hello`, { signal: controller.signal });
      controller.abort("enough");
      assert.equal(await rejection(response[method]()), "enough", method);
    }
  },
  "aborting while the body is read rejects the read": async ({ base }) => {
    const controller = new AbortController();
    const response = await fetch(`${base}/slow-body`, { signal: controller.signal });
    const text = rejection(response.text());
    setTimeout(() => controller.abort("enough"), 30);
    assert.equal(await text, "enough");
  },
  "aborting while a stream is read rejects the read": async ({ base }) => {
    const controller = new AbortController();
    const response = await fetch(`${base}/slow-body`, { signal: controller.signal });
    const reader = response.body.getReader();
    const { value } = await reader.read();
    assert.equal(new TextDecoder().decode(value), "half");
    setTimeout(() => controller.abort("enough"), 30);
    assert.equal(await rejection(reader.read()), "enough");
    assert.equal(await rejection(reader.closed), "enough");
  },
  "aborting rejects the reads of both clones": async ({ base }) => {
    const controller = new AbortController();
    const response = await fetch(`${base}/slow-body`, { signal: controller.signal });
    const texts = [response.clone(), response].map((one) => rejection(one.text()));
    setTimeout(() => controller.abort("enough"), 30);
    assert.deepEqual(await Promise.all(texts), ["enough", "enough"]);
  },
  "aborting after the body was read does not matter": async ({ base }) => {
    const controller = new AbortController();
    const response = await fetch(`${base}/hello`, { signal: controller.signal });
    assert.equal(await response.text(), "hello");
    controller.abort();
    assert.equal(response.bodyUsed, true);
  },
  "aborting an upload cancels its stream": async ({ base }) => {
    const reasons = [];
    const init = { method: "POST", body: silentStream(reasons), duplex: "half" };
    const { signal } = abortedAfter(30, "enough");
    assert.equal(await rejection(fetch(`${base}/echo`, { ...init, signal })), "enough");
    assert.deepEqual(reasons, ["enough"]);
  },
  "a signal that is aborted cancels the stream of the request": async ({ base }) => {
    const reasons = [];
    const init = { method: "POST", body: silentStream(reasons), duplex: "half" };
    const signal = AbortSignal.abort("enough");
    assert.equal(await rejection(fetch(`${base}/echo`, { ...init, signal })), "enough");
    assert.deepEqual(reasons, ["enough"]);
  },
  "aborting ends redirects": async ({ base }) => {
    const { signal } = abortedAfter(30, "enough");
    assert.equal(await rejection(fetch(`${base}/redirect?to=/slow`, { signal })), "enough");
  },
};
