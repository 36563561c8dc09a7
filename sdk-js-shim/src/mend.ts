/**
 * What the engine (StarlingMonkey of componentize-js 0.23) lacks of the standards that fetch needs.
 *
 * Each is put in where it is missing only. `test/component/engine.js` asks the bare engine for
 * them, and its test fails for one that is no longer missing: then it can be removed here.
 */

import { iterate, tee } from "./stream.js";

/** Puts in what is missing. */
export function mendEngine(): void {
  mendStreamIterator();
  mendStreamTee();
  mendAbort();
  mendCanParse();
}

/** `for await (const chunk of response.body)`. */
function mendStreamIterator(): void {
  const prototype = ReadableStream.prototype as unknown as Record<PropertyKey, unknown>;
  if (prototype[Symbol.asyncIterator]) return;
  const values = function (this: ReadableStream, options?: { preventCancel?: boolean }) {
    return iterate(this, options?.preventCancel ?? false);
  };
  define(prototype, "values", values);
  define(prototype, Symbol.asyncIterator, values);
}

/** `tee()` of a byte stream, which bodies are. */
function mendStreamTee(): void {
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

/** `AbortSignal.abort()` without a reason. */
function mendAbort(): void {
  try {
    AbortSignal.abort();
  } catch {
    const native = AbortSignal.abort;
    define(AbortSignal, "abort", (reason: unknown = undefined) =>
      native.call(
        AbortSignal,
        reason === undefined
          ? new DOMException("This operation was aborted", "AbortError")
          : reason,
      ),
    );
  }
}

/** `URL.canParse`. */
function mendCanParse(): void {
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
