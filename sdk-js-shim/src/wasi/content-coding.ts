/** Content codings of a body that is decoded as it arrives. */

import type { ByteReader, Bytes } from "../byte-reader.js";
import { readWhole } from "../byte-reader.js";
import { codingsToDecode, decodeBytes, decodedResponse, decodingError } from "../content-coding.js";
import type { Context } from "../error.js";
import { isReader, type Received } from "../transport.js";
import { GzipReader } from "./gzip.js";

/** Decodes a response like `decodeContent`. An error of a body is that of reading it. */
export function decodeStream(received: Received, context: Context): Received {
  const codings = codingsToDecode(received, context);
  if (codings.length === 0 || !isReader(received.body)) return received;
  let body: ByteReader = received.body;
  for (const coding of codings) body = decode(body, coding, context);
  return decodedResponse(received, body);
}

function decode(body: ByteReader, coding: string, context: Context): ByteReader {
  if (coding === "identity") return body;
  if (coding === "deflate") return new WholeReader(body, coding, context);
  const toError = (cause: unknown) => decodingError(cause, coding, context);
  return new GzipReader(body, toError);
}

/**
 * Decodes a body when all of it has arrived. Of deflate only the whole body tells which of its two formats
 * it has, and whether it was cut.
 */
class WholeReader implements ByteReader {
  readonly #body: ByteReader;
  readonly #coding: string;
  readonly #context: Context;
  #isRead = false;

  constructor(body: ByteReader, coding: string, context: Context) {
    this.#body = body;
    this.#coding = coding;
    this.#context = context;
  }

  async next(): Promise<Bytes | undefined> {
    if (this.#isRead) return undefined;
    const decoded = await decodeBytes(await readWhole(this.#body), this.#coding, this.#context);
    this.#isRead = true;
    return decoded.byteLength > 0 ? decoded : undefined;
  }

  cancel(reason: unknown): void {
    this.#body.cancel(reason);
  }
}
