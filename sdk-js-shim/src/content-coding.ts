import { Inflate } from "pako";
import type { Bytes } from "./body-source.js";
import { failure } from "./error.js";
import { REASONS } from "./reasons.js";
import { concatenate } from "./stream.js";
import type { Awaitable, Received } from "./transport.js";
import { valuesOf, type WireHeaders } from "./wire.js";

/** The maximum size of a decoded body in bytes: the default limit of the harness for a response body. */
export const MAX_DECODED_BYTES = 128 * 1024 * 1024;
/** The maximum number of content codings of a response. Servers use one. */
const MAX_CODINGS = 5;

/** The content codings that are decoded, by the name in `content-encoding`. */
const DECODERS: Readonly<Record<string, (bytes: Bytes) => Promise<Bytes>>> = {
  gzip: decodeGzip,
  "x-gzip": decodeGzip,
  deflate: async (bytes) => (isZlib(bytes) ? decodeZlib(bytes) : decodeRaw(bytes)),
  identity: async (bytes) => bytes,
};

/** A decoded body is larger than {@link MAX_DECODED_BYTES}. */
export class TooLarge extends Error {}

/**
 * Decodes the body of a response ("handle content codings" of Fetch), and removes `content-encoding`
 * and `content-length`, which describe the coded body.
 *
 * A host may have done this already. If one of the codings is unknown, the response is returned
 * unchanged.
 *
 * @throws TypeError if the body is malformed, or larger than {@link MAX_DECODED_BYTES}.
 */
export function decodeContent(
  received: Received & { body: Bytes },
  context: { method: string; url: string },
): Awaitable<Received> {
  const codings = codingsToDecode(received, context);
  return codings.length === 0 ? received : decodeAll(received, codings, context);
}

async function decodeAll(
  received: Received & { body: Bytes },
  codings: string[],
  context: { method: string; url: string },
): Promise<Received> {
  let { body } = received;
  for (const coding of codings) body = await decodeBytes(body, coding, context);
  return decodedResponse(received, body);
}

/** A response whose body was decoded. */
export function decodedResponse({ status, headers }: Received, body: Received["body"]): Received {
  const describing = ["content-encoding", "content-length"];
  return {
    status,
    headers: headers.filter(([name]) => !describing.includes(name.toLowerCase())),
    body,
  };
}

/**
 * The codings to decode, the last that was applied first.
 *
 * @throws TypeError if there are more than {@link MAX_CODINGS}.
 */
export function codingsToDecode(
  { status, headers }: Received,
  context: { method: string; url: string },
): string[] {
  const codings = codingsOf(headers);
  if (codings.length === 0) return codings;
  if (context.method === "HEAD" || status === 304) return [];
  if (!codings.every((coding) => Object.hasOwn(DECODERS, coding))) return [];
  if (codings.length > MAX_CODINGS) {
    throw failure(
      REASONS.tooManyContentCodings,
      { count: codings.length, limit: MAX_CODINGS },
      context,
    );
  }
  return codings.reverse();
}

/** The codings in the order in which they were applied, in lower case. */
function codingsOf(headers: WireHeaders): string[] {
  const values = valuesOf(headers, "content-encoding");
  if (values.length === 0) return values;
  return values
    .flatMap((value) => value.split(","))
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "");
}

/** Decodes a whole body. */
export async function decodeBytes(
  bytes: Bytes,
  coding: string,
  context: { method: string; url: string },
): Promise<Bytes> {
  // Servers send the header for an empty body too, which is not a valid coded body.
  if (bytes.byteLength === 0) return bytes;
  try {
    return (await DECODERS[coding]?.(bytes)) ?? bytes;
  } catch (cause) {
    throw decodingError(cause, coding, context);
  }
}

/** The `TypeError` for what a decoder threw. */
export function decodingError(
  cause: unknown,
  coding: string,
  context: { method: string; url: string },
): TypeError {
  if (cause instanceof TooLarge) {
    return failure(REASONS.decodedBodyTooLarge, { limit: MAX_DECODED_BYTES }, context);
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return failure(REASONS.bodyNotDecodable, { coding, cause: message }, { ...context, cause });
}

// The engine's decoder is compiled code, 100 times as fast as pako in the engine's interpreter. But it
// accepts a body that is cut off. So its result counts only if the end of the body confirms it; pako
// decides about all others, up to a size at which it would take too long.

async function decodeGzip(bytes: Bytes): Promise<Bytes> {
  return (await decodeMembers(bytes)) ?? inflate(bytes, 31);
}

/** Decodes the members of gzip (RFC 1952 section 2.2); `undefined` if the engine cannot confirm one. */
async function decodeMembers(bytes: Bytes): Promise<Bytes | undefined> {
  const collector = new Collector();
  let rest = bytes;
  for (let n = 0; rest.byteLength > 0 && n < MAX_MEMBERS; n += 1) {
    const member = await decodeFirstMember(rest, collector);
    if (!member) return undefined;
    rest = rest.subarray(member);
  }
  return rest.byteLength === 0 ? collector.bytes() : undefined;
}

/** How many members are decoded by the engine; pako decodes others. */
const MAX_MEMBERS = 1000;
/** How many places are tried as the end of a member. What begins one seldom occurs within another. */
const MAX_ENDS = 5;

/** Adds the first member. Returns its length; `undefined` if the engine cannot confirm it. */
async function decodeFirstMember(bytes: Bytes, collector: Collector): Promise<number | undefined> {
  let end = 0;
  for (let n = 0; n < MAX_ENDS && end < bytes.byteLength; n += 1) {
    end = nextMember(bytes, end + MIN_MEMBER_BYTES);
    const member = bytes.subarray(0, end);
    const decoded = await decodeByEngine(member, "gzip", collector.rest);
    if (
      decoded &&
      member.byteLength >= MIN_MEMBER_BYTES &&
      decoded.byteLength === sizeInTrailer(member)
    ) {
      collector.add(decoded);
      return end;
    }
  }
  return undefined;
}

/** The size of the header and the trailer of a member. */
export const MIN_MEMBER_BYTES = 18;

/** Where a member begins, at `from` or later, by its first three bytes; the end of the body if there is none. */
function nextMember(bytes: Bytes, from: number): number {
  let index = bytes.indexOf(0x1f, from);
  while (index !== -1 && (bytes[index + 1] !== 0x8b || bytes[index + 2] !== 8)) {
    index = bytes.indexOf(0x1f, index + 1);
  }
  return index === -1 ? bytes.byteLength : index;
}

/** Decodes deflate with its header and checksum (RFC 1950). The engine computes the checksum when it compresses. */
async function decodeZlib(bytes: Bytes): Promise<Bytes> {
  const decoded = await decodeByEngine(bytes, "deflate", MAX_DECODED_BYTES);
  const coded = decoded && (await transformed(decoded, new CompressionStream("deflate"), Infinity));
  return decoded && coded && checksumOf(coded) === checksumOf(bytes) ? decoded : inflate(bytes, 15);
}

function checksumOf(bytes: Bytes): number | undefined {
  const start = bytes.byteOffset + bytes.byteLength - 4;
  return bytes.byteLength < 4 ? undefined : new DataView(bytes.buffer, start).getUint32(0);
}

/**
 * Decodes deflate without a header (RFC 1951). The engine rejects bytes after its end, and accepts them
 * as data if the body is cut off.
 */
async function decodeRaw(bytes: Bytes): Promise<Bytes> {
  const decoded = await decodeByEngine(bytes, "deflate-raw", MAX_DECODED_BYTES);
  for (const byte of decoded ? [0, 0xff] : []) {
    const longer = concatenate([bytes, Uint8Array.of(byte)], bytes.byteLength + 1);
    if (await decodeByEngine(longer, "deflate-raw", Infinity)) return inflate(bytes, -15);
  }
  return decoded ?? inflate(bytes, -15);
}

/** The length of the decoded body, modulo 4 GiB (RFC 1952, ISIZE). */
function sizeInTrailer(bytes: Bytes): number {
  return new DataView(bytes.buffer, bytes.byteOffset + bytes.byteLength - 4).getUint32(0, true);
}

/** The size of the pieces that the engine decodes. Deflate expands a piece at most 1032 times. */
export const PIECE_BYTES = 16 * 1024;

/** Decodes with the engine; `undefined` if it reports an error. */
async function decodeByEngine(
  bytes: Bytes,
  format: CompressionFormat,
  limit: number,
): Promise<Bytes | undefined> {
  return transformed(bytes, new DecompressionStream(format), limit);
}

/** What a stream of the engine makes of bytes; `undefined` if it reports an error. */
async function transformed(
  bytes: Bytes,
  { readable, writable }: { readable: ReadableStream<Bytes>; writable: WritableStream<Bytes> },
  limit: number,
): Promise<Bytes | undefined> {
  const writer = writable.getWriter();
  const write = async () => {
    for (let start = 0; start < bytes.byteLength; start += PIECE_BYTES) {
      await writer.write(bytes.subarray(start, start + PIECE_BYTES));
    }
    await writer.close();
  };
  // The reader gets the same error.
  const written = write().catch(() => {});
  const reader = readable.getReader();
  const collector = new Collector(limit);
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      collector.add(read.value);
    }
    await written;
  } catch (error) {
    if (!(error instanceof TooLarge)) return undefined;
    reader.cancel(error).catch(() => {});
    throw error;
  }
  return collector.bytes();
}

/** Whether deflate has the header that RFC 9110 demands (RFC 1950 section 2.2). Some servers omit it. */
function isZlib(bytes: Bytes): boolean {
  const [method = 0, flags = 0] = bytes;
  return (method & 15) === 8 && (method * 256 + flags) % 31 === 0;
}

/** The size up to which pako decodes, in bytes: a second or two in the engine's interpreter. */
const MAX_INTERPRETED_BYTES = 4 * 1024 * 1024;

/** Decodes with pako; `windowBits` selects the format, as in zlib. */
function inflate(bytes: Bytes, windowBits: number): Bytes {
  const collector = new Collector(MAX_INTERPRETED_BYTES);
  const inflater = new Inflate({ windowBits, chunkSize: PIECE_BYTES });
  inflater.onData = (chunk) => collector.add(chunk as Bytes);
  let isDecoded: boolean;
  try {
    isDecoded = inflater.push(bytes, true);
  } catch (error) {
    if (error instanceof TooLarge) throw new Error("it is malformed, or ends too early");
    throw error;
  }
  if (!isDecoded) {
    const isCut = inflater.msg === "buffer error";
    throw new Error(isCut ? "it ends too early" : inflater.msg);
  }
  return collector.bytes();
}

/** Collects chunks up to a limit in bytes. */
class Collector {
  readonly #chunks: Uint8Array[] = [];
  readonly #limit: number;
  #length = 0;

  constructor(limit = MAX_DECODED_BYTES) {
    this.#limit = limit;
  }

  /** How many bytes can be added. */
  get rest(): number {
    return this.#limit - this.#length;
  }

  /** @throws TooLarge */
  add(chunk: Uint8Array): void {
    this.#length += chunk.byteLength;
    if (this.#length > this.#limit) throw new TooLarge();
    this.#chunks.push(chunk);
  }

  bytes(): Bytes {
    return concatenate(this.#chunks, this.#length);
  }
}
