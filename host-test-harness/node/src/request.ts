/** The requests of a test, as the protocol has them. */

import { type RequestMessage, toBase64, toFields } from "./wire.js";

/** What the paths of a test are relative to. The harness gets the path alone. */
const BASE = "http://localhost/";

/** A path of the application (`/buy/7`), an absolute URL, or a request. */
export type RequestLike = string | URL | Request;

/** A request of the test. */
export interface OutgoingRequest {
  message: RequestMessage;
  /** Its body, if that is sent piece by piece. */
  stream: ReadableStream<Uint8Array> | null;
  /** What cancels it. */
  signal: AbortSignal | null;
  /** What the test passed. Its signal fires only while it is referenced. */
  input: RequestLike;
}

/**
 * The request of `fetch(input, init)`. The body of a `Request`, and one that is a stream, is `stream`, unless `isWhole`
 * asks for it in the message.
 *
 * @throws TypeError if it is not a valid request.
 */
export async function outgoingRequest(
  input: RequestLike,
  init: RequestInit | undefined,
  isWhole: boolean,
): Promise<OutgoingRequest> {
  const isPath = typeof input === "string" && !URL.canParse(input);
  const signal = init?.signal ?? signalOf(input);
  // The test's signal is listened to. That of the new request fires only while the request is referenced.
  const options: RequestInit & { duplex: "half" } = { ...init, signal: null, duplex: "half" };
  const request = new Request(isPath ? absoluteUrl(input) : input, options);
  const { pathname, search } = new URL(request.url);
  const url = isPath ? `${pathname}${search}` : request.url.replace(/#.*$/s, "");
  const message = { method: request.method, url, headers: toFields(request.headers) };
  const { body } = request;
  if (body === null) return { message, stream: null, signal, input };
  if (!isWhole && isStream(input, init)) return { message, stream: body, signal, input };
  const bytes = new Uint8Array(await request.arrayBuffer());
  return { message: { ...message, body: toBase64(bytes) }, stream: null, signal, input };
}

function absoluteUrl(path: string): URL {
  if (URL.canParse(path, BASE)) return new URL(path, BASE);
  throw new TypeError(`${JSON.stringify(path)} is neither a path, such as /buy/7, nor a URL`);
}

function signalOf(input: RequestLike): AbortSignal | null {
  return input instanceof Request ? input.signal : null;
}

function isStream(input: RequestLike, init: RequestInit | undefined): boolean {
  const body: unknown = init?.body ?? (input instanceof Request ? input.body : null);
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}
