import { Inflate } from "pako";
import type { Bytes } from "./body-source.js";
import { failure } from "./error.js";
import { REASONS } from "./reasons.js";
import { concatenate } from "./stream.js";
import type { WireHeaders, WireResponse } from "./wire.js";

/** The maximum size of a decoded body in bytes: the default limit of the harness for a response body. */
export const MAX_DECODED_BYTES = 128 * 1024 * 1024;
/** The maximum number of content codings of a response. Servers use one. */
const MAX_CODINGS = 5;

/** The content codings that are decoded, by the name in `content-encoding`. */
const DECODERS: Readonly<Record<string, (bytes: Bytes) => Promise<Bytes>>> = {
  gzip: decodeGzip,
  "x-gzip": decodeGzip,
  deflate: async (bytes) => inflate(bytes, isZlib(bytes) ? 15 : -15),
  identity: async (bytes) => bytes,
};

/** A decoded body is larger than {@link MAX_DECODED_BYTES}. */
class TooLarge extends Error {}

/**
 * Decodes the body of a response ("handle content codings" of Fetch), and removes `content-encoding`
 * and `content-length`, which describe the coded body.
 *
 * A host may have done this already. If one of the codings is unknown, the response is returned
 * unchanged.
 *
 * @throws TypeError if the body is malformed, or larger than {@link MAX_DECODED_BYTES}.
 */
export async function decodeContent(
  wire: WireResponse,
  context: { method: string; url: string },
): Promise<WireResponse> {
  const codings = codingsOf(wire.headers ?? []);
  if (codings.length === 0 || context.method === "HEAD" || wire.status === 304) return wire;
  if (!codings.every((coding) => Object.hasOwn(DECODERS, coding))) return wire;
  if (codings.length > MAX_CODINGS) {
    throw failure(
      REASONS.tooManyContentCodings,
      { count: codings.length, limit: MAX_CODINGS },
      context,
    );
  }
  let body = (wire.body ?? new Uint8Array(0)) as Bytes;
  for (const coding of codings.reverse()) body = await decode(body, coding, context);
  const headers = wire.headers?.filter(
    ([name]) => !["content-encoding", "content-length"].includes(name.toLowerCase()),
  );
  return { status: wire.status, headers, body };
}

/** The codings in the order in which they were applied, in lower case. */
function codingsOf(headers: WireHeaders): string[] {
  return headers
    .filter((pair) => pair[0].toLowerCase() === "content-encoding")
    .flatMap((pair) => pair[1].split(","))
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "");
}

async function decode(
  bytes: Bytes,
  coding: string,
  context: { method: string; url: string },
): Promise<Bytes> {
  // Servers send the header for an empty body too, which is not a valid coded body.
  if (bytes.byteLength === 0) return bytes;
  try {
    return (await DECODERS[coding]?.(bytes)) ?? bytes;
  } catch (cause) {
    if (cause instanceof TooLarge)
      throw failure(REASONS.decodedBodyTooLarge, { limit: MAX_DECODED_BYTES }, context);
    const message = cause instanceof Error ? cause.message : String(cause);
    throw failure(REASONS.bodyNotDecodable, { coding, cause: message }, { ...context, cause });
  }
}

/**
 * Decodes gzip with the engine's decoder, which is compiled code, 100 times as fast as pako in the
 * engine's interpreter.
 *
 * The engine rejects a body of several members, and accepts one that is cut off. So its result counts
 * only if it has the length that the end of the body tells; pako decides about all others.
 */
async function decodeGzip(bytes: Bytes): Promise<Bytes> {
  const decoded = await decodeByEngine(bytes);
  if (decoded && bytes.byteLength >= 18 && decoded.byteLength === sizeInTrailer(bytes)) {
    return decoded;
  }
  return inflate(bytes, 31);
}

/** The length of the decoded body, modulo 4 GiB (RFC 1952, ISIZE). */
function sizeInTrailer(bytes: Bytes): number {
  return new DataView(bytes.buffer, bytes.byteOffset + bytes.byteLength - 4).getUint32(0, true);
}

/** The size of the pieces that the engine decodes. Deflate expands a piece at most 1032 times. */
const PIECE_BYTES = 16 * 1024;

/** Decodes gzip with the engine's decoder; `undefined` if it reports an error. */
async function decodeByEngine(bytes: Bytes): Promise<Bytes | undefined> {
  const { readable, writable } = new DecompressionStream("gzip");
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
  const collector = new Collector();
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

/** Decodes with pako; `windowBits` selects the format, as in zlib. */
function inflate(bytes: Bytes, windowBits: number): Bytes {
  const collector = new Collector();
  const inflater = new Inflate({ windowBits, chunkSize: PIECE_BYTES });
  inflater.onData = (chunk) => collector.add(chunk as Bytes);
  if (!inflater.push(bytes, true)) {
    const isCut = inflater.msg === "buffer error";
    throw new Error(isCut ? "it ends too early" : inflater.msg);
  }
  return collector.bytes();
}

/** Collects chunks up to {@link MAX_DECODED_BYTES}. */
class Collector {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  /** @throws TooLarge */
  add(chunk: Uint8Array): void {
    this.#length += chunk.byteLength;
    if (this.#length > MAX_DECODED_BYTES) throw new TooLarge();
    this.#chunks.push(chunk);
  }

  bytes(): Bytes {
    return concatenate(this.#chunks, this.#length);
  }
}
