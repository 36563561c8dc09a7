/** Bytes that arrive piece by piece. */

import { concatenate } from "./stream.js";
import { type Awaitable, isPending } from "./transport.js";

/** Bytes in a buffer that is not shared. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A body that is read as it arrives. One caller reads at a time. */
export interface ByteReader {
  /** The next bytes; `undefined` at the end. After an error, each call throws it, or rejects with it. */
  next(): Awaitable<Bytes | undefined>;
  /** Ends reading, so that the source can stop. */
  cancel(reason: unknown): void;
  /** The number of bytes, if it is known before the end. */
  readonly length?: number | undefined;
  /** Whether the body is empty; waits for the first byte or the end. Absent if that does not matter. */
  isEmpty?(): Promise<boolean>;
}

/** Reads all bytes. */
export async function readWhole(reader: ByteReader): Promise<Bytes> {
  const pieces: Bytes[] = [];
  let length = 0;
  for (;;) {
    const next = reader.next();
    const piece = isPending(next) ? await next : next;
    if (!piece) break;
    pieces.push(piece);
    length += piece.byteLength;
  }
  return concatenate(pieces, length);
}

/** Reads a stream that a program made. A chunk that is not a `Uint8Array` is an error. */
export function readerOf(stream: ReadableStream): ByteReader {
  const reader = stream.getReader();
  return {
    async next() {
      const { done, value } = await reader.read();
      if (done) return undefined;
      if (value instanceof Uint8Array) return value as Bytes;
      const error = new TypeError("a chunk of the stream is not a Uint8Array; encode text first");
      // Tell the source that reading has stopped. Its own errors do not matter here.
      reader.cancel(error).catch(() => {});
      throw error;
    },
    cancel(reason) {
      reader.cancel(reason).catch(() => {});
    },
  };
}
