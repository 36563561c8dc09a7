/**
 * The handler of an app, and the export `fermyon:spin/inbound-http`.
 *
 * @module
 */

import { findHandler, type Handler, invoke, log } from "./invoke.js";
import { beginRequest, endRequest } from "./rehearsal.js";
import { watchRejections } from "./rejections.js";
import { reportRejections } from "./report.js";
import { type Request, requestFromWire } from "./request.js";
import { responseToWire } from "./response.js";
import type { WireRequest, WireResponse } from "./wire.js";
import "./index.js";

/**
 * Makes a handler of an app with one of these forms:
 * `export default { fetch(request, environment, context) }`,
 * `export function handleRequest(request)`, or `addEventListener("fetch", …)`.
 *
 * The handler never rejects: an exception is logged with its stack, and the response is a 500
 * without a body. It resolves when every promise passed to `waitUntil` has settled.
 *
 * @throws TypeError if the app has none of these forms, or more than one.
 *
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { createHandler } from "spin-fetch/handler";
 *
 * const handle = createHandler({ default: { fetch: () => new Response("hello") } });
 * const response = await handle(new Request("http://app.test/"));
 * assert.equal(await response.text(), "hello");
 * ```
 */
export function createHandler(
  app: object,
): (request: globalThis.Request) => Promise<globalThis.Response> {
  const handler = findHandler(app);
  return async (request) => {
    const { response, waitForPromises } = await invoke(handler, request as unknown as Request);
    await waitForPromises();
    return response as unknown as globalThis.Response;
  };
}

/**
 * The export `fermyon:spin/inbound-http`. The code that `spin-fetch build` generates calls it.
 *
 * @internal
 */
export function serve(app: object): { handleRequest(wire: WireRequest): Promise<WireResponse> } {
  const handler = findHandler(app);
  watchRejections();
  return {
    async handleRequest(wire) {
      const response = await handle(beginRequest(handler), wire);
      const reported = reportRejections();
      if (reported) await reported;
      endRequest();
      return response;
    },
  };
}

async function handle(handler: Handler, wire: WireRequest): Promise<WireResponse> {
  let request: Request;
  try {
    request = requestFromWire(wire);
  } catch (error) {
    log("the request is invalid; the response is a 400", error);
    return { status: 400, headers: [], body: undefined };
  }
  try {
    const { response, waitForPromises } = await invoke(handler, request);
    const waiting = waitForPromises();
    if (waiting) await waiting;
    return await responseToWire(response, request.method);
  } catch (error) {
    log("the response of the handler cannot be sent", error);
    return { status: 500, headers: [], body: undefined };
  }
}
