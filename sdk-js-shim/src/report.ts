/** Exceptions that nothing catches, and promises that nothing handles. */

import { isBuilding } from "#host";
import { describe, describePlain } from "./describe.js";
import { ErrorEvent, PromiseRejectionEvent } from "./events.js";
import { reasonOf, takeUnhandled } from "./rejections.js";
import type { Awaitable } from "./transport.js";

/** The event handlers of the global object. */
interface Handlers {
  onerror?: unknown;
  onunhandledrejection?: unknown;
}

const handlers = globalThis as unknown as Handlers;

/** Reports an exception as the standard does: fires `error`, and logs the exception with its stack. */
export function reportError(error: unknown): void {
  const message = describePlain(error);
  const event = new ErrorEvent("error", { message, error, cancelable: true });
  guard(() => {
    const { onerror } = handlers;
    // Unlike any other event handler, this one gets five arguments, and `true` means handled.
    if (
      typeof onerror === "function" &&
      onerror.call(globalThis, message, "", 0, 0, error) === true
    ) {
      event.preventDefault();
    }
    dispatchEvent(event);
  });
  if (!event.defaultPrevented) console.error(`uncaught exception: ${describe(error)}`);
}

/** Reports the promises that nothing handles: fires `unhandledrejection`, and logs the reasons with their stacks. */
export function reportRejections(): Awaitable<void> {
  const promises = takeUnhandled();
  return promises.length > 0 ? reportAll(promises) : undefined;
}

async function reportAll(promises: readonly Promise<unknown>[]): Promise<void> {
  // An event would run code of the program.
  if (isBuilding()) throw new Error("nothing handles a promise that was rejected in the rehearsal");
  for (const promise of promises) {
    const { reason } = await reasonOf(promise);
    const init = { promise, reason, cancelable: true };
    const event = new PromiseRejectionEvent("unhandledrejection", init);
    guard(() => {
      const { onunhandledrejection } = handlers;
      if (typeof onunhandledrejection === "function") onunhandledrejection.call(globalThis, event);
      dispatchEvent(event);
    });
    if (!event.defaultPrevented) {
      console.error(`a promise was rejected, and nothing handles it: ${describe(reason)}`);
    }
  }
}

/** Calls the program's handlers of an event. Their exceptions are logged, and not events again. */
function guard(callHandlers: () => void): void {
  try {
    callHandlers();
  } catch (error) {
    console.error(`an event handler failed: ${describe(error)}`);
  }
}
