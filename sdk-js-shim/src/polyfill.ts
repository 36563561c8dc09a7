/**
 * Polyfills for the engine (StarlingMonkey of componentize-js 0.23).
 *
 * Each is installed only if the engine lacks the feature. `test/component/engine.test.js` tests the
 * engine without the SDK and fails if a feature is no longer missing; then remove its polyfill.
 */

import { isBuilding } from "#host";
import { define } from "./define.js";
import { ErrorEvent, PromiseRejectionEvent } from "./events.js";
import { MessageChannel, MessageEvent, MessagePort } from "./message-channel.js";
import { pipe } from "./pipe.js";
import { reportError } from "./report.js";
import { from, iterate, tee } from "./stream.js";
import { TextDecoderStream, TextEncoderStream } from "./text-streams.js";

/** Installs all polyfills that the engine needs. */
export function polyfillEngine(): void {
  polyfillStreamIterator();
  polyfillStreamTee();
  polyfillStreamFrom();
  polyfillPipes();
  polyfillStreamClasses();
  polyfillAbort();
  polyfillAbortTimeout();
  polyfillUrl();
  polyfillBase64();
  polyfillCancelBubble();
  polyfillGlobals();
}

/** Globals that the engine lacks as a whole. */
function polyfillGlobals(): void {
  const missing: Record<string, unknown> = {
    ErrorEvent,
    MessageChannel,
    MessageEvent,
    MessagePort,
    PromiseRejectionEvent,
    TextDecoderStream,
    TextEncoderStream,
    navigator: { userAgent: "spin-fetch" },
    onerror: null,
    onrejectionhandled: null,
    onunhandledrejection: null,
    reportError,
  };
  for (const [name, value] of Object.entries(missing)) {
    if (!(name in globalThis)) define(globalThis, { [name]: value });
  }
}

/** `ReadableStream.from(iterable)`. */
function polyfillStreamFrom(): void {
  if ("from" in ReadableStream) return;
  define(ReadableStream, { from });
}

/** `pipeTo` and `pipeThrough`, without a promise that is rejected and that nothing handles. */
function polyfillPipes(): void {
  if (!isBuilding()) return;
  define(ReadableStream.prototype, {
    pipeTo(this: ReadableStream, destination: WritableStream, options?: StreamPipeOptions) {
      return pipe(this, destination, options);
    },
    pipeThrough(
      this: ReadableStream,
      { readable, writable }: ReadableWritablePair,
      options?: StreamPipeOptions,
    ) {
      if (!(readable instanceof ReadableStream) || !(writable instanceof WritableStream)) {
        throw new TypeError("pipeThrough takes an object with a `readable` and a `writable`");
      }
      if (this.locked || writable.locked) {
        throw new TypeError("pipeThrough takes streams that no reader or writer has locked");
      }
      // `readable` has the same error.
      pipe(this, writable, options).catch(() => {});
      return readable;
    },
  });
}

/** The classes of streams that the engine has, but not as globals. */
function polyfillStreamClasses(): void {
  const start = (controller: object) => {
    const type = controller.constructor;
    if (!(type.name in globalThis)) define(globalThis, { [type.name]: type });
  };
  const stream = new WritableStream({ start });
  start(stream.getWriter());
  new TransformStream({ start });
}

/** `for await (const chunk of response.body)`. */
function polyfillStreamIterator(): void {
  const prototype = ReadableStream.prototype as unknown as Record<PropertyKey, unknown>;
  if (prototype[Symbol.asyncIterator]) return;
  const values = function (this: ReadableStream, options?: { preventCancel?: boolean }) {
    return iterate(this, options?.preventCancel ?? false);
  };
  define(prototype, { values, [Symbol.asyncIterator]: values });
}

/** `tee()` of byte streams, such as those of bodies. */
function polyfillStreamTee(): void {
  const bytes = new ReadableStream({ type: "bytes" });
  try {
    bytes.tee();
    return;
  } catch {
    const native = ReadableStream.prototype.tee;
    define(ReadableStream.prototype, {
      tee(this: ReadableStream) {
        return this.locked ? native.call(this) : tee(this);
      },
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
    define(AbortSignal, {
      abort: (reason: unknown = newAbortError()) => native.call(AbortSignal, reason),
      any: anySignal,
    });
    define(AbortSignal.prototype, {
      throwIfAborted(this: AbortSignal) {
        if (this.aborted) throw this.reason;
      },
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

/** The longest time of `setTimeout`, which converts it to 32 bits. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** `AbortSignal.timeout`, whose reason says nothing in the engine. */
function polyfillAbortTimeout(): void {
  if (!isBuilding()) return;
  const timeout = (milliseconds: number) => {
    const time = Number(milliseconds);
    if (!(time >= 0 && time <= Number.MAX_SAFE_INTEGER)) {
      throw new TypeError(`AbortSignal.timeout(${String(milliseconds)}): pass milliseconds`);
    }
    const controller = new AbortController();
    const message = `the time limit of ${Math.trunc(time)} ms is over`;
    const abort = () => controller.abort(new DOMException(message, "TimeoutError"));
    const wait = (rest: number) => {
      const then = rest > MAX_TIMER_MS ? () => wait(rest - MAX_TIMER_MS) : abort;
      setTimeout(then, Math.min(rest, MAX_TIMER_MS));
    };
    wait(time);
    return controller.signal;
  };
  define(AbortSignal, { timeout });
}

/** `URL.canParse` and `URL.parse`. */
function polyfillUrl(): void {
  const parse = (...parts: [string, string?]) => {
    try {
      return new URL(...parts);
    } catch {
      return null;
    }
  };
  const canParse = (...parts: [string, string?]) => parse(...parts) !== null;
  if (!("canParse" in URL)) define(URL, { canParse });
  if (!("parse" in URL)) define(URL, { parse });
}

/** `atob` and `btoa`, whose error is a `RangeError` in the engine. */
function polyfillBase64(): void {
  if (!isBuilding()) return;
  for (const name of ["atob", "btoa"] as const) {
    const native = globalThis[name];
    const convert = (text: string) => {
      try {
        return native(text);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new DOMException(error.message, "InvalidCharacterError");
      }
    };
    define(globalThis, { [name]: convert });
  }
}

/** `Event.cancelBubble`, the old name of `stopPropagation`. */
function polyfillCancelBubble(): void {
  const prototype: object = Event.prototype;
  if ("cancelBubble" in prototype) return;
  const stopped = new WeakSet<Event>();
  const native = Event.prototype.stopPropagation;
  define(Event.prototype, {
    stopPropagation(this: Event) {
      stopped.add(this);
      native.call(this);
    },
  });
  Object.defineProperty(Event.prototype, "cancelBubble", {
    get(this: Event) {
      return stopped.has(this);
    },
    set(this: Event, value: unknown) {
      if (value) this.stopPropagation();
    },
    configurable: true,
  });
}
