import { readAll, tee } from "./stream.js";

/** Bytes in a buffer that nobody else can change. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Where the bytes of a body come from. */
type Origin = { bytes: Bytes } | { blob: Blob } | { stream: ReadableStream };

/**
 * The body of one request or response: the "body" of Fetch with its stream, source and length.
 *
 * The import takes and gives whole bodies, so a body of bytes has no stream until somebody asks
 * for one, and is not copied until it is read twice.
 */
export class BodySource {
  #origin: Origin;
  #stream: ReadableStream | undefined;
  #isUsed = false;
  #isTaken = false;
  #isShared = false;

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  /** Whether it comes from a stream, so that nobody knows its length before its end. */
  get isStream(): boolean {
    return "stream" in this.#origin;
  }

  /** Whether something was read of it ("disturbed"). */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** Whether it cannot be read any more ("unusable"). */
  get isUnusable(): boolean {
    return this.#isUsed || this.#isLocked;
  }

  get #isLocked(): boolean {
    const origin = this.#origin;
    // The reader of an origin is ours as soon as the stream that was shown has been read.
    return this.#stream?.locked ?? ("stream" in origin && origin.stream.locked);
  }

  /** The stream that `body` shows; always the same one. */
  get stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#stream ??= "stream" in this.#origin ? this.#wrap(this.#origin.stream) : this.#expose();
    return this.#stream;
  }

  /** All its bytes, in a buffer of its own. It is used then. */
  async bytes(): Promise<Bytes> {
    this.#isUsed = true;
    this.#isTaken = true;
    const origin = this.#origin;
    if ("bytes" in origin) return this.#ownBytes(origin.bytes);
    if ("blob" in origin) return new Uint8Array(await origin.blob.arrayBuffer());
    return readAll(origin.stream);
  }

  /** A second body with the same bytes. */
  clone(): BodySource {
    const origin = this.#origin;
    if (!("stream" in origin)) {
      this.#isShared = true;
      const clone = new BodySource(origin);
      clone.#isShared = true;
      return clone;
    }
    const [own, other] = tee(origin.stream);
    this.#origin = { stream: own };
    this.#stream = undefined;
    return new BodySource({ stream: other });
  }

  /** Moves the bytes to a new body; this one is used then. */
  move(): BodySource {
    this.#isUsed = true;
    this.#isTaken = true;
    const moved = new BodySource(this.#origin);
    moved.#isShared = this.#isShared;
    return moved;
  }

  /** Tells a stream that nobody will read it. */
  cancel(reason: unknown): void {
    this.#isUsed = true;
    this.#isTaken = true;
    if ("stream" in this.#origin) this.#origin.stream.cancel(reason).catch(() => {});
  }

  #ownBytes(bytes: Bytes): Bytes {
    const isWhole = bytes.byteLength === bytes.buffer.byteLength;
    return this.#isShared || !isWhole ? bytes.slice() : bytes;
  }

  /** The stream of a body whose bytes are at hand. */
  #expose(): ReadableStream {
    const pull = async (controller: ReadableByteStreamController) => {
      const bytes = this.#isTaken ? undefined : await this.bytes();
      if (bytes?.byteLength) controller.enqueue(bytes);
      controller.close();
      controller.byobRequest?.respond(0);
    };
    const cancel = () => {
      this.#isUsed = true;
      this.#isTaken = true;
    };
    return new ReadableStream({ type: "bytes", pull, cancel });
  }

  /** A stream over one that was given, which sees whether it is read. */
  #wrap(stream: ReadableStream): ReadableStream {
    let reader: ReadableStreamDefaultReader | undefined;
    const pull = async (controller: ReadableStreamDefaultController) => {
      this.#isUsed = true;
      if (this.#isTaken) {
        controller.close();
        return;
      }
      reader ??= stream.getReader();
      const read = await reader.read();
      if (read.done) controller.close();
      else controller.enqueue(read.value);
    };
    const cancel = async (reason: unknown) => {
      this.#isUsed = true;
      await (reader ?? stream).cancel(reason);
    };
    return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  }
}
