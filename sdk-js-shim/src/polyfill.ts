/**
 * Polyfills for the engine (StarlingMonkey of componentize-js 0.23).
 *
 * Each is installed only if the engine lacks the feature. `test/component/engine.test.js` tests the
 * engine without the SDK and fails if a feature is no longer missing; then remove its polyfill.
 */

import { iterate, tee } from "./stream.js";

/** Installs all polyfills that the engine needs. */
export function polyfillEngine(): void {
  polyfillStreamIterator();
  polyfillStreamTee();
  polyfillAbort();
  polyfillCanParse();
}

/** `for await (const chunk of response.body)`. */
function polyfillStreamIterator(): void {
  const prototype = ReadableStream.prototype as unknown as Record<PropertyKey, unknown>;
  if (prototype[Symbol.asyncIterator]) return;
  const values = function (this: ReadableStream, options?: { preventCancel?: boolean }) {
    return iterate(this, options?.preventCancel ?? false);
  };
  define(prototype, "values", values);
  define(prototype, Symbol.asyncIterator, values);
}

/** `tee()` of byte streams, such as those of bodies. */
function polyfillStreamTee(): void {
  const bytes = new ReadableStream({ type: "bytes" });
  try {
    bytes.tee();
    return;
  } catch {
    const native = ReadableStream.prototype.tee;
    define(ReadableStream.prototype, "tee", function (this: ReadableStream) {
      if (this.locked) return native.call(this);
      return tee(this);
    });
  }
}

/**
 * `AbortSignal.abort()` without a reason. An engine where it fails has two more defects, which
 * cannot be tested here: `throwIfAborted` ends the instance, and `AbortSignal.any` loses the reason
 * of a signal that is already aborted.
 */
function polyfillAbort(): void {
  const native = AbortSignal.abort;
  try {
    native.call(AbortSignal);
    return;
  } catch {
    define(AbortSignal, "abort", (reason: unknown = newAbortError()) =>
      native.call(AbortSignal, reason),
    );
    define(AbortSignal, "any", anySignal);
    define(AbortSignal.prototype, "throwIfAborted", function (this: AbortSignal) {
      if (this.aborted) throw this.reason;
    });
  }
}

function newAbortError(): DOMException {
  return new DOMException("This operation was aborted", "AbortError");
}

function anySignal(signals: Iterable<AbortSignal>): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    const follow = () => controller.abort(signal.reason);
    if (signal.aborted) follow();
    else signal.addEventListener("abort", follow, { once: true });
    if (controller.signal.aborted) break;
  }
  return controller.signal;
}

/** `URL.canParse`. */
function polyfillCanParse(): void {
  if ("canParse" in URL) return;
  define(URL, "canParse", (...parts: [string, string?]) => {
    try {
      new URL(...parts);
      return true;
    } catch {
      return false;
    }
  });
}

function define(target: object, name: PropertyKey, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true });
}
