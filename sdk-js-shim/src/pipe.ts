/**
 * `pipeTo` of streams (Streams, section 4.2.5). That of the engine leaves a promise that is rejected and
 * that nothing handles if the destination fails, and the log would report it.
 */

/** Why piping ends before the end of the source. */
interface Failure {
  from: "source" | "destination" | "signal";
  error: unknown;
}

type Step<Value> = { value: Value } | Failure;

/** Reads `source` to its end, and writes its chunks to `destination`. */
export async function pipe<Chunk>(
  source: ReadableStream<Chunk>,
  destination: WritableStream<Chunk>,
  options: StreamPipeOptions = {},
): Promise<void> {
  const { preventAbort, preventCancel, preventClose, signal } = options;
  if (!(destination instanceof WritableStream)) {
    throw new TypeError("pipeTo takes a WritableStream");
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError("`signal` of pipeTo is not an AbortSignal");
  }
  if (source.locked || destination.locked) {
    throw new TypeError("pipeTo takes streams that no reader or writer has locked");
  }
  const [reader, writer] = [source.getReader(), destination.getWriter()];
  try {
    const failure = await pump(reader, writer, signal);
    if (!failure) {
      if (!preventClose) await writer.close();
      return;
    }
    const { from, error } = failure;
    if (from !== "destination" && !preventAbort) await writer.abort(error).catch(() => {});
    if (from !== "source" && !preventCancel) await reader.cancel(error).catch(() => {});
    throw error;
  } finally {
    for (const end of [reader, writer]) release(end);
  }
}

/** Copies the chunks; the result is `undefined` at the end of the source. */
async function pump<Chunk>(
  reader: ReadableStreamDefaultReader<Chunk>,
  writer: WritableStreamDefaultWriter<Chunk>,
  signal: AbortSignal | undefined,
): Promise<Failure | undefined> {
  reader.closed.catch(() => {});
  const interrupted = new Promise<Failure>((resolve) => {
    const onAbort = () => resolve({ from: "signal", error: signal?.reason });
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort);
    writer.closed.catch((error: unknown) => resolve({ from: "destination", error }));
  });
  const next = <Value>(from: Failure["from"], promise: Promise<Value>): Promise<Step<Value>> => {
    const step = promise.then(
      (value) => ({ value }),
      (error: unknown) => ({ from, error }),
    );
    return Promise.race([interrupted, step]);
  };
  for (;;) {
    // Waits until the destination wants a chunk.
    const ready = await next("destination", writer.ready);
    if ("from" in ready) return ready;
    const read = await next("source", reader.read());
    if ("from" in read) return read;
    if (read.value.done) return undefined;
    const written = await next("destination", writer.write(read.value.value));
    if ("from" in written) return written;
  }
}

/** Unlocks a stream. An engine of the older standard does not if a read is pending. */
function release(end: { releaseLock(): void }): void {
  try {
    end.releaseLock();
  } catch {
    // The stream stays locked, as the older standard says.
  }
}
