import { type ByteReader, type Bytes, readerOf, readWhole } from "./byte-reader.js";
import { tee } from "./stream.js";
import type { Awaitable } from "./transport.js";

export type { Bytes } from "./byte-reader.js";

/** Where the bytes of a body come from. */
type Origin =
  | { bytes: Bytes }
  | { blob: Blob }
  | { stream: ReadableStream }
  | { reader: ByteReader };

/**
 * The bodies of the streams that are the property `body`. A body that is made of such a stream, as
 * `new Request(url, request)` does, has its length too.
 */
const bodies = new WeakMap<ReadableStream, BodySource>();

/**
 * The body of a request or response: the concept "body" of Fetch, with its stream and source.
 *
 * A body of bytes has no stream until `stream` is read, and is not copied until it is read twice. A body
 * that arrives piece by piece has no stream until then, either.
 *
 * Its members are `private` and not `#private`: no program reaches it, and the engine calls a function for each
 * `#private` member of an object that it makes.
 */
export class BodySource {
  private origin: Origin;
  private exposed: ReadableStream | undefined;
  /** What reads the origin, once something does. */
  private reader: ByteReader | undefined;
  private wasRead = false;
  private isTaken = false;
  private isShared = false;
  /** What makes reading the body reject. */
  private signal: AbortSignal | undefined;

  constructor(origin: Origin) {
    this.origin = origin;
  }

  /** Whether the origin is read piece by piece, so that it can be read once. */
  get isStream(): boolean {
    return "stream" in this.origin || "reader" in this.origin;
  }

  /** Whether a part of the body was read ("disturbed"). */
  get isUsed(): boolean {
    return this.wasRead;
  }

  /** Whether the body was read or is locked ("unusable"). */
  get isUnusable(): boolean {
    return this.wasRead || this.isLocked;
  }

  private get isLocked(): boolean {
    const origin = this.origin;
    // Once the public stream was read, the lock on the origin is that of `wrap`.
    return this.exposed?.locked ?? ("stream" in origin && origin.stream.locked);
  }

  /** The stream for the property `body`; always the same object. */
  get stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    if (!this.exposed) {
      this.exposed = "stream" in this.origin ? this.wrap(this.origin.stream) : this.expose();
      bodies.set(this.exposed, this);
    }
    return this.exposed;
  }

  /** The reader on which an unread body is based, through any number of streams. */
  private get unread(): ByteReader | undefined {
    if (this.wasRead) return undefined;
    const origin = this.origin;
    if ("reader" in origin) return origin.reader;
    const body = "stream" in origin ? bodies.get(origin.stream) : undefined;
    return body ? body.unread : undefined;
  }

  /** Makes reading the body reject once `signal` is aborted. */
  endWith(signal: AbortSignal): void {
    this.signal = signal;
  }

  /**
   * Reads all bytes into a buffer of their own, and marks the body as used.
   *
   * @throws the reason of a signal that is aborted.
   */
  bytes(): Awaitable<Bytes> {
    this.wasRead = true;
    this.isTaken = true;
    this.signal?.throwIfAborted();
    const origin = this.origin;
    if ("bytes" in origin) return this.ownBytes(origin.bytes);
    if ("blob" in origin) return bytesOf(origin.blob);
    return readWhole(this.readerOf(origin));
  }

  /** The reader of a body that is read piece by piece; the body is used then. */
  takeReader(): ByteReader {
    const unread = this.unread;
    this.wasRead = true;
    this.isTaken = true;
    const origin = this.origin as { stream: ReadableStream } | { reader: ByteReader };
    const reader = this.readerOf(origin);
    if (!unread || reader === unread) return reader;
    const isEmpty = unread.isEmpty && (() => unread.isEmpty?.() ?? Promise.resolve(false));
    return { ...reader, length: unread.length, ...(isEmpty ? { isEmpty } : {}) };
  }

  /** Makes a second body with the same bytes. */
  clone(): BodySource {
    const origin = this.origin;
    if (!("stream" in origin || "reader" in origin)) {
      this.isShared = true;
      const clone = new BodySource(origin);
      clone.isShared = true;
      clone.signal = this.signal;
      return clone;
    }
    const [own, other] = tee("stream" in origin ? origin.stream : new BodySource(origin).stream);
    this.origin = { stream: own };
    this.exposed = undefined;
    return new BodySource({ stream: other });
  }

  /** Moves the bytes to a new body; this one is used then. */
  move(): BodySource {
    this.wasRead = true;
    this.isTaken = true;
    const moved = new BodySource(this.origin);
    moved.isShared = this.isShared;
    moved.signal = this.signal;
    return moved;
  }

  /** Ends reading a body, or its stream if nothing has read it. */
  cancel(reason: unknown): void {
    this.wasRead = true;
    this.isTaken = true;
    const origin = this.origin;
    if (this.reader) this.reader.cancel(reason);
    else if ("reader" in origin) origin.reader.cancel(reason);
    else if ("stream" in origin) (this.exposed ?? origin.stream).cancel(reason).catch(() => {});
  }

  private readerOf(origin: { stream: ReadableStream } | { reader: ByteReader }): ByteReader {
    this.reader ??= "reader" in origin ? origin.reader : readerOf(origin.stream);
    return this.reader;
  }

  private ownBytes(bytes: Bytes): Bytes {
    const isWhole = bytes.byteLength === bytes.buffer.byteLength;
    return this.isShared || !isWhole ? bytes.slice() : bytes;
  }

  /** Makes a stream of a body that is not a stream. */
  private expose(): ReadableStream {
    const origin = this.origin;
    const reader = "reader" in origin ? origin.reader : undefined;
    const next = () => {
      this.wasRead = true;
      return reader ? reader.next() : this.bytes();
    };
    const pull = async (controller: ReadableByteStreamController) => {
      const bytes = this.isTaken ? undefined : await next();
      if (bytes?.byteLength) controller.enqueue(bytes);
      if (bytes && reader) return;
      controller.close();
      controller.byobRequest?.respond(0);
    };
    const cancel = (reason: unknown) => {
      this.wasRead = true;
      this.isTaken = true;
      reader?.cancel(reason);
    };
    return new ReadableStream({ type: "bytes", pull, cancel });
  }

  /** Wraps a stream to detect whether it is read. */
  private wrap(stream: ReadableStream): ReadableStream {
    let reader: ReadableStreamDefaultReader | undefined;
    const pull = async (controller: ReadableStreamDefaultController) => {
      this.wasRead = true;
      if (this.isTaken) {
        controller.close();
        return;
      }
      reader ??= stream.getReader();
      const read = await reader.read();
      if (read.done) controller.close();
      else controller.enqueue(read.value);
    };
    const cancel = async (reason: unknown) => {
      this.wasRead = true;
      await (reader ?? stream).cancel(reason);
    };
    return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  }
}

async function bytesOf(blob: Blob): Promise<Bytes> {
  return new Uint8Array(await blob.arrayBuffer());
}
