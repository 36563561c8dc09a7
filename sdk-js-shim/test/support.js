// What several test files need.

import assert from "node:assert/strict";
import { SpinHttpError } from "spin-fetch";
import { createFetch } from "../dist/fetch.js";

/** Whether `error` is a TypeError whose cause has the code; shows what it is otherwise. */
export function isFailure(error, code, what) {
  assert(error instanceof TypeError, `${what}: ${error?.stack ?? error}`);
  assert(error.cause instanceof SpinHttpError, `${what}: ${error.stack}`);
  assert.equal(error.cause.code, code, what);
  return true;
}

/** Fails unless `callback` throws a TypeError of the code. */
export function refuses(code, callback, what) {
  assert.throws(callback, (error) => isFailure(error, code, what), what);
}

/** A `fetch` over a host that answers every request with `response`, and the requests it got. */
export function fetchOver(response = {}) {
  const requests = [];
  const fetch = createFetch((request) => {
    requests.push(request);
    return typeof response === "function" ? response(request) : { status: 200, ...response };
  });
  return { fetch, requests };
}

/** A stream of these chunks; the last one may be an Error. */
export function streamOf(...chunks) {
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk instanceof Error) controller.error(chunk);
      else if (chunk === undefined) controller.close();
      else controller.enqueue(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
    },
  });
}
