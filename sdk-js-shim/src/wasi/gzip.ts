/**
 * Decodes gzip (RFC 1952) as it arrives.
 *
 * The engine's decoder is compiled code, but it accepts a body that is cut off, and reads one member only. So
 * a member counts as whole if the length in its trailer is that of what was decoded. Where three bytes may
 * begin the next member, that decides, too.
 */

import type { ByteReader, Bytes } from "../byte-reader.js";
import { MAX_DECODED_BYTES, MIN_MEMBER_BYTES, PIECE_BYTES, TooLarge } from "../content-coding.js";
import { concatenate } from "../stream.js";

/** The bytes with which a member begins: its magic number, and deflate as its method. */
const BEGIN = [0x1f, 0x8b, 0x08];
/**
 * How many places of a body may look like the begin of a member and be none. The decoder stops at each, which takes
 * time, and deflate has one by chance in 16 MiB. After them, the rest counts as one member.
 */
const MAX_FALSE_BEGINS = 1000;

export class GzipReader implements ByteReader {
  readonly #body: ByteReader;
  readonly #toError: (cause: unknown) => unknown;
  readonly #decoded: Bytes[] = [];
  #member: Member | undefined;
  /** Bytes that may be the begin of a member, of which the rest has not arrived. */
  #held: Bytes = new Uint8Array(0);
  #total = 0;
  #nFalseBegins = 0;
  #isAtEnd = false;
  #failure: { error: unknown } | undefined;

  constructor(body: ByteReader, toError: (cause: unknown) => unknown) {
    this.#body = body;
    this.#toError = toError;
  }

  async next(): Promise<Bytes | undefined> {
    if (this.#failure) throw this.#failure.error;
    for (;;) {
      const decoded = this.#decoded.shift();
      if (decoded) return decoded;
      if (this.#isAtEnd) return undefined;
      const coded = await this.#body.next();
      try {
        await (coded ? this.#decode(coded) : this.#end());
      } catch (cause) {
        const error = this.#toError(cause);
        this.#failure = { error };
        this.#body.cancel(error);
        throw error;
      }
    }
  }

  cancel(reason: unknown): void {
    this.#body.cancel(reason);
  }

  async #decode(coded: Bytes): Promise<void> {
    let rest = concatenate([this.#held, coded], this.#held.byteLength + coded.byteLength);
    this.#held = new Uint8Array(0);
    let from = this.#member ? 0 : 1;
    while (rest.byteLength > 0) {
      if (this.#nFalseBegins === MAX_FALSE_BEGINS) {
        await this.#feed(rest);
        return;
      }
      const begin = beginOfMember(rest, from);
      const isKnown = begin + BEGIN.length <= rest.byteLength;
      await this.#feed(rest.subarray(0, begin));
      rest = rest.subarray(begin);
      if (!isKnown) {
        this.#held = rest;
        return;
      }
      if (this.#member?.isWhole) await this.#endMember();
      else this.#nFalseBegins += 1;
      from = 1;
    }
  }

  async #feed(bytes: Bytes): Promise<void> {
    if (bytes.byteLength === 0) return;
    this.#member ??= new Member();
    for (let start = 0; start < bytes.byteLength; start += PIECE_BYTES) {
      this.#add(await this.#member.decode(bytes.subarray(start, start + PIECE_BYTES)));
    }
  }

  #add(decoded: Bytes[]): void {
    for (const bytes of decoded) this.#total += bytes.byteLength;
    if (this.#total > MAX_DECODED_BYTES) throw new TooLarge();
    this.#decoded.push(...decoded);
  }

  async #endMember(): Promise<void> {
    const member = this.#member;
    this.#member = undefined;
    if (member) this.#add(await member.end());
  }

  async #end(): Promise<void> {
    if (this.#held.byteLength > 0) await this.#feed(this.#held);
    const member = this.#member;
    // Servers send the header for an empty body too, which is not a valid coded body.
    if (member) {
      await this.#endMember();
      if (!member.isWhole) throw new Error("it ends too early");
    }
    this.#isAtEnd = true;
  }
}

/** Where a member may begin, at `from` or later; the end if nowhere. The last bytes may be a part of the begin. */
function beginOfMember(bytes: Bytes, from: number): number {
  for (let index = bytes.indexOf(BEGIN[0] ?? 0, from); index !== -1; ) {
    const found = index;
    if (BEGIN.every((byte, offset) => (bytes[found + offset] ?? byte) === byte)) return found;
    index = bytes.indexOf(BEGIN[0] ?? 0, index + 1);
  }
  return bytes.byteLength;
}

/** One member. */
class Member {
  readonly #writer: WritableStreamDefaultWriter<Bytes>;
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  /** The next read. The engine decodes only while one is pending. */
  #read: Promise<ReadableStreamReadResult<Bytes>>;
  #nDecoded = 0;
  #nCoded = 0;
  /** The last four coded bytes. */
  #trailer: Bytes = new Uint8Array(0);

  constructor() {
    const { readable, writable } = new DecompressionStream("gzip");
    this.#writer = writable.getWriter() as WritableStreamDefaultWriter<Bytes>;
    this.#writer.closed.catch(() => {});
    this.#reader = (readable as ReadableStream<Bytes>).getReader();
    this.#reader.closed.catch(() => {});
    this.#read = this.#startRead();
  }

  /** Whether the trailer has the length of what was decoded, modulo 4 GiB. */
  get isWhole(): boolean {
    if (this.#nCoded < MIN_MEMBER_BYTES) return false;
    const view = new DataView(this.#trailer.buffer, this.#trailer.byteOffset);
    return view.getUint32(0, true) === this.#nDecoded % 2 ** 32;
  }

  /** Decodes the next bytes, and returns all that is known of them. */
  async decode(bytes: Bytes): Promise<Bytes[]> {
    await this.#writer.write(bytes);
    this.#nCoded += bytes.byteLength;
    const last = concatenate(
      [this.#trailer, bytes.slice(-4)],
      this.#trailer.byteLength + Math.min(bytes.byteLength, 4),
    );
    this.#trailer = last.slice(-4);
    return this.#take();
  }

  async end(): Promise<Bytes[]> {
    await this.#writer.close();
    return this.#take();
  }

  /** Takes what is decoded, which the engine has queued before the write resolves. Waits for nothing else. */
  async #take(): Promise<Bytes[]> {
    const decoded: Bytes[] = [];
    for (;;) {
      // A read of what is queued has settled, so it precedes the other promise.
      const read = await Promise.race([this.#read, undefined]);
      if (!read || read.done) return decoded;
      this.#nDecoded += read.value.byteLength;
      decoded.push(read.value);
      this.#read = this.#startRead();
    }
  }

  #startRead(): Promise<ReadableStreamReadResult<Bytes>> {
    const read = this.#reader.read();
    // The write rejects with the same error.
    read.catch(() => {});
    return read;
  }
}
