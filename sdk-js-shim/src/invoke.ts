/** Calls the handler of an app, in one of the supported forms. */

import { environment } from "#host";
import { describe } from "./describe.js";
import type { Request } from "./request.js";
import { Response } from "./response.js";
import type { Awaitable } from "./transport.js";

/** The context of a handler. */
interface Context {
  /** Keeps the component running until `promise` has settled. A rejection is logged. */
  waitUntil(promise: unknown): void;
  passThroughOnException(): void;
}

export type Handler = (request: Request, environment: object, context: Context) => unknown;

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
 * Calls the handler. Never rejects: an exception is logged with its stack, and the response is a 500 without a
 * body. `waitForPromises` resolves when every promise passed to `waitUntil` has settled.
 */
export async function invoke(
  handler: Handler,
  request: Request,
): Promise<{ response: Response; waitForPromises(): Awaitable<void> }> {
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
  const waitForPromises = () => (promises.length > 0 ? waitForAll(promises) : undefined);
  return { response: response as Response, waitForPromises };
}

/** Waits for all promises, also for those that are added meanwhile. */
async function waitForAll(promises: readonly Promise<unknown>[]): Promise<void> {
  for (let index = 0; index < promises.length; index += 1) await promises[index];
}

function notAResponse(value: unknown): TypeError {
  const what = value === null || typeof value !== "object" ? typeof value : "another object";
  return new TypeError(`the handler returned ${what}; return a Response: new Response(text)`);
}

/** The handler of an app. @throws TypeError if the app has none, or more than one */
export function findHandler(app: object): Handler {
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
export function log(what: string, error: unknown): void {
  console.error(`ERROR: ${what}: ${describe(error)}`);
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
