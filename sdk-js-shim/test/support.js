// Helpers for several test files.

import assert from "node:assert/strict";
import { SpinHttpError } from "spin-fetch";
import { createFetch } from "../dist/fetch.js";
import { spinTransport } from "../dist/spin-transport.js";

/** Asserts that `error` is a TypeError whose cause has the code. */
export function isFailure(error, code, what) {
  assert(error instanceof TypeError, `${what}: ${error?.stack ?? error}`);
  assert(error.cause instanceof SpinHttpError, `${what}: ${error.stack}`);
  assert.equal(error.cause.code, code, what);
  return true;
}

/** Asserts that `callback` throws a TypeError with the code. */
export function refuses(code, callback, what) {
  assert.throws(callback, (error) => isFailure(error, code, what), what);
}

/**
 * Makes a `fetch` whose host returns `response` for every request. Returns it and the recorded requests.
 * `environment` has the environment variables of the component.
 */
export function fetchOver(response = {}, environment = {}) {
  const requests = [];
  const sendRequest = (request) => {
    requests.push(request);
    return typeof response === "function" ? response(request) : { status: 200, ...response };
  };
  const fetch = createFetch(spinTransport(sendRequest, () => environment));
  return { fetch, requests };
}

/** Makes a stream of chunks; the last one may be an Error. */
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
