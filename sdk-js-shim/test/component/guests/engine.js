// The engine without the SDK: each path tests a feature that the SDK adds.

const gaps = {
  "/stream-iterator": () => ReadableStream.prototype[Symbol.asyncIterator] === undefined,
  "/stream-tee": () => fails(() => new ReadableStream({ type: "bytes" }).tee()),
  "/abort-without-reason": () => fails(() => AbortSignal.abort()),
  "/any-of-aborted": () => AbortSignal.any([AbortSignal.abort("why")]).reason !== "why",
  // Ends the instance.
  "/throw-if-aborted": () => !fails(() => AbortSignal.abort("why").throwIfAborted()),
  "/can-parse": () => URL.canParse === undefined,
  "/stream-from": () => ReadableStream.from === undefined,
  "/stream-classes": () => globalThis.WritableStreamDefaultWriter === undefined,
  "/timeout-message": () =>
    new Promise((resolve) => {
      const signal = AbortSignal.timeout(1);
      signal.addEventListener("abort", () => resolve(signal.reason.message === "TimeoutError"));
    }),
  "/base64-error": () => {
    try {
      return atob("a") === undefined;
    } catch (error) {
      return error instanceof RangeError;
    }
  },
  "/cancel-bubble": () => !("cancelBubble" in Event.prototype),
  "/globals": () => globalThis.reportError === undefined,
  "/normalize": () => String.prototype.normalize === undefined,
  "/locale": () =>
    typeof Intl === "undefined" && (1234.5).toLocaleString("de") === (1234.5).toLocaleString(),
  "/microtask": () => {
    queueMicrotask(() => {
      throw new Error("the engine is silent about this");
    });
    return true;
  },
  "/origin": () => performance.timeOrigin < 1e12,
  "/generate-key": () => crypto.subtle.generateKey === undefined,
};

function fails(callback) {
  try {
    callback();
    return false;
  } catch {
    return true;
  }
}

export const inboundHttp = {
  async handleRequest({ uri }) {
    const isMissing = await gaps[uri]?.();
    const body = new TextEncoder().encode(isMissing ? "missing" : "there");
    return { status: 200, headers: [], body };
  },
};
