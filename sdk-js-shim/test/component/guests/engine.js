// The engine without the SDK: each path tests a feature that `src/polyfill.ts` adds.

const gaps = {
  "/stream-iterator": () => ReadableStream.prototype[Symbol.asyncIterator] === undefined,
  "/stream-tee": () => fails(() => new ReadableStream({ type: "bytes" }).tee()),
  "/abort-without-reason": () => fails(() => AbortSignal.abort()),
  "/any-of-aborted": () => AbortSignal.any([AbortSignal.abort("why")]).reason !== "why",
  // Ends the instance.
  "/throw-if-aborted": () => !fails(() => AbortSignal.abort("why").throwIfAborted()),
  "/can-parse": () => URL.canParse === undefined,
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
  handleRequest({ uri }) {
    const isMissing = gaps[uri]();
    const body = new TextEncoder().encode(isMissing ? "missing" : "there");
    return { status: 200, headers: [], body };
  },
};
