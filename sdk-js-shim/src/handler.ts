/**
 * The export of a component: the handler of an app, in one of the supported forms.
 *
 * @module
 */

import { environment, startServing } from "#host";
import { describe } from "./describe.js";
import { takeUnhandled, watchRejections } from "./rejections.js";
import { reportRejections } from "./report.js";
import { Request, requestFromWire, requestToWire } from "./request.js";
import { Response, responseFromWire, responseToWire } from "./response.js";
import type { WireRequest, WireResponse } from "./wire.js";
import "./index.js";

/** The context of a handler. */
interface Context {
  /** Delays the response until `promise` has settled. A rejection is logged. */
  waitUntil(promise: unknown): void;
  passThroughOnException(): void;
}

type Handler = (request: Request, environment: object, context: Context) => unknown;

/** The listeners of `addEventListener("fetch", …)`. */
const listeners: ((event: FetchEvent) => unknown)[] = [];

/** The event of `addEventListener("fetch", …)`, as in a service worker. */
class FetchEvent extends Event {
  readonly request: Request;
  readonly #context: Context;
  #response: unknown;
  #hasResponse = false;

  constructor(request: Request, context: Context) {
    super("fetch", { cancelable: true });
    this.request = request;
    this.#context = context;
  }

  respondWith(response: unknown): void {
    if (this.#hasResponse) {
      throw new DOMException("respondWith was already called", "InvalidStateError");
    }
    this.#hasResponse = true;
    this.#response = response;
  }

  waitUntil(promise: unknown): void {
    this.#context.waitUntil(promise);
  }

  static responseOf(event: FetchEvent): unknown {
    if (event.#hasResponse) return event.#response;
    throw new TypeError("no listener called event.respondWith(response) before it returned");
  }

  static hasResponse(event: FetchEvent): boolean {
    return event.#hasResponse;
  }
}

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
  return async (request) =>
    (await respond(handler, request as unknown as Request)) as unknown as globalThis.Response;
}

/**
 * The export `fermyon:spin/inbound-http`. The code that `spin-fetch build` generates calls it.
 *
 * @internal
 */
export function serve(app: object): { handleRequest(wire: WireRequest): Promise<WireResponse> } {
  const handler = findHandler(app);
  // An error here occurs again in the first request, where it is reported.
  warmUp().catch(() => {});
  watchRejections();
  const handle = async (wire: WireRequest): Promise<WireResponse> => {
    let request: Request;
    try {
      request = requestFromWire(wire);
    } catch (error) {
      log("the request is invalid; the response is a 400", error);
      return { status: 400, headers: [], body: undefined };
    }
    try {
      return await responseToWire(await respond(handler, request), request.method);
    } catch (error) {
      log("the response of the handler cannot be sent", error);
      return { status: 500, headers: [], body: undefined };
    }
  };
  return {
    async handleRequest(wire) {
      startServing();
      const response = await handle(wire);
      await reportRejections(takeUnhandled());
      return response;
    },
  };
}

/**
 * Runs all conversions once. This happens at build time, and the component contains the compiled functions;
 * otherwise, each instance would compile them again.
 */
async function warmUp(): Promise<void> {
  const headers: [string, string][] = [["content-type", "text/plain"]];
  const body = new Uint8Array(1);
  const wire = { method: "post", uri: "/", headers, params: [], body } as WireRequest;
  const request = requestFromWire(wire);
  const echo: Handler = async (request) =>
    new Response(await request.text(), { headers: request.headers });
  await responseToWire(await respond(echo, request), request.method);
  const sent = new Request("http://app.test/", { method: "POST", headers, body });
  await requestToWire(sent);
  const received = responseFromWire(
    { status: 200, headers, body },
    { method: "POST", url: sent.url },
  );
  await received.text();
}

async function respond(handler: Handler, request: Request): Promise<Response> {
  const promises: Promise<unknown>[] = [];
  const context: Context = {
    waitUntil: (promise) => {
      const settled = Promise.resolve(promise).catch((error) => log("waitUntil rejected", error));
      promises.push(settled);
    },
    passThroughOnException: () => {},
  };
  let response: unknown;
  try {
    response = await handler(request, environment(), context);
    if (!(response instanceof Response)) throw notAResponse(response);
    if (response.bodyUsed)
      throw new TypeError("the handler's Response was already read; return a clone()");
  } catch (error) {
    log("the handler failed", error);
    response = new Response(null, { status: 500 });
  }
  // A promise may add more promises.
  for (let index = 0; index < promises.length; index += 1) await promises[index];
  return response as Response;
}

function notAResponse(value: unknown): TypeError {
  const what = value === null || typeof value !== "object" ? typeof value : "another object";
  return new TypeError(`the handler returned ${what}; return a Response: new Response(text)`);
}

function findHandler(app: object): Handler {
  const { default: exported, handleRequest } = app as Record<string, unknown>;
  const object = exported as { fetch?: unknown } | null | undefined;
  const forms: Handler[] = [];
  if (typeof object?.fetch === "function") {
    const target = object as { fetch: Handler };
    forms.push((...args) => target.fetch(...args));
  }
  if (typeof handleRequest === "function") forms.push(handleRequest as Handler);
  if (listeners.length > 0) forms.push(dispatch);
  const [handler, other] = forms;
  if (handler && !other) return handler;
  const allForms =
    "`export default { fetch(request) {…} }`, `export function handleRequest(request) {…}` or " +
    '`addEventListener("fetch", (event) => event.respondWith(…))`';
  throw new TypeError(
    handler
      ? `the app has more than one handler; use one of ${allForms}`
      : `the app has no handler: write ${allForms}`,
  );
}

function dispatch(request: Request, _environment: object, context: Context): unknown {
  const event = new FetchEvent(request, context);
  for (const listener of listeners) {
    listener(event);
    if (FetchEvent.hasResponse(event)) break;
  }
  return FetchEvent.responseOf(event);
}

/** Logs an error with its stack and its causes on stderr. */
function log(what: string, error: unknown): void {
  console.error(`${what}: ${describe(error)}`);
}

const addOtherListener = globalThis.addEventListener?.bind(globalThis);
Object.defineProperty(globalThis, "addEventListener", {
  value(type: string, listener: unknown, options?: AddEventListenerOptions) {
    if (type !== "fetch") return addOtherListener?.(type, listener as EventListener, options);
    if (typeof listener === "function") listeners.push(listener as (event: FetchEvent) => unknown);
    else if (listener) {
      const object = listener as { handleEvent(event: FetchEvent): unknown };
      listeners.push((event) => object.handleEvent(event));
    }
  },
  writable: true,
  configurable: true,
});
