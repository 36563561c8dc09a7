/** Operations on streams that the engine lacks. */

/** A chunk, or the end of the stream. */
type Read = ReadableStreamReadResult<unknown>;

/** Joins chunks whose lengths add up to `length`. */
export function concatenate(
  chunks: readonly Uint8Array[],
  length: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (let index = 0; index < chunks.length; index += 1) {
    const chunk = chunks[index] as Uint8Array;
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/** Splits a stream into two that both have every chunk. The second gets copies of byte chunks. */
export function tee(stream: ReadableStream): [ReadableStream, ReadableStream] {
  const reader = stream.getReader();
  const branches: ReadableStreamDefaultController[] = [];
  const isOpen = [true, true];
  const reasons: unknown[] = [];
  let reading: Promise<void> | undefined;

  const spread = (read: Read) => {
    branches.forEach((branch, index) => {
      if (!isOpen[index]) return;
      if (read.done) branch.close();
      else branch.enqueue(index === 1 ? copied(read.value) : read.value);
    });
    if (read.done) isOpen.fill(false);
  };
  const fail = (error: unknown) => {
    branches.forEach((branch, index) => {
      if (isOpen[index]) branch.error(error);
    });
    isOpen.fill(false);
  };
  const pull = () => {
    reading ??= reader
      .read()
      .then(spread, fail)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const branch = (index: number) =>
    new ReadableStream(
      {
        start(controller) {
          branches[index] = controller;
        },
        pull,
        async cancel(reason) {
          isOpen[index] = false;
          reasons[index] = reason;
          if (!isOpen.includes(true)) await reader.cancel(reasons);
        },
      },
      { highWaterMark: 0 },
    );
  return [branch(0), branch(1)];
}

function copied(chunk: unknown): unknown {
  return chunk instanceof Uint8Array ? chunk.slice() : chunk;
}

/** The async iterator of Streams (section 4.2.5). Leaving the loop cancels the stream. */
export async function* iterate(
  stream: ReadableStream,
  preventCancel: boolean,
): AsyncGenerator<unknown, void> {
  const reader = stream.getReader();
  let isFinished = false;
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
    isFinished = true;
  } catch (error) {
    isFinished = true;
    throw error;
  } finally {
    if (!isFinished && !preventCancel) await reader.cancel();
    reader.releaseLock();
  }
}

/** A stream of the values of an iterable (Streams, section 4.2.1). Cancelling it ends the iteration. */
export function from<Value>(
  iterable: Iterable<Value | PromiseLike<Value>> | AsyncIterable<Value>,
): ReadableStream<Value> {
  const methods = Object(iterable) as Partial<Record<symbol, () => AsyncIterator<Value>>>;
  const iterator = (methods[Symbol.asyncIterator] ?? methods[Symbol.iterator])?.call(iterable);
  if (!iterator) throw new TypeError("ReadableStream.from takes an iterable or an async iterable");
  return new ReadableStream<Value>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(await value);
      },
      async cancel(reason) {
        await iterator.return?.(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
