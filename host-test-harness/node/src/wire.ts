/** Header fields and bodies, as the protocol has them. */

/** Header fields, in order. The values are text. */
export type Fields = [name: string, value: string][];

/** A request to the application. */
export interface RequestMessage {
  method: string;
  url: string;
  headers: Fields;
  /** In base64. */
  body?: string;
}

/** A response of the application. Without `body`, it follows in pieces. */
export interface ResponseMessage {
  status: number;
  headers: Fields;
  body?: string;
  trailers?: Fields;
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(text, "base64");
  // A buffer of Node may share its memory with others.
  return new Uint8Array(bytes);
}

/**
 * The fields of the protocol as `Headers`. Like Node's `fetch`, it has a character for each byte of a value, and not
 * the text.
 */
export function toHeaders(fields: Fields): Headers {
  const headers = new Headers();
  for (const [name, value] of fields) headers.append(name, byteString(value));
  return headers;
}

/** The text as UTF-8, with a character for each byte. */
function byteString(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The fields of `Headers` as the protocol has them: a value that is UTF-8 as text, another one as ISO-8859-1. */
export function toFields(headers: Headers): Fields {
  return [...headers].map(([name, value]) => [name, textOf(value)]);
}

function textOf(byteString: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(byteString, "latin1"),
    );
  } catch {
    return byteString;
  }
}
