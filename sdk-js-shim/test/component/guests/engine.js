// The bare engine, without the shim: what `src/polyfill.ts` puts in, asked one by one.

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
