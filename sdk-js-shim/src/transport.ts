/** How `fetch` sends requests: over `fermyon:spin/http`, or over `wasi:http`. */

import type { ByteReader, Bytes } from "./byte-reader.js";
import type { Context } from "./error.js";
import type { Request } from "./request.js";
import type { RequestUrl } from "./url.js";
import type { WireHeaders } from "./wire.js";

/** A value that may have to be awaited. What is a value costs the engine, an interpreter, less than a promise. */
export type Awaitable<Value> = Value | Promise<Value>;

/**
 * Whether a value has to be awaited. Its method decides, because a program may replace `Promise`, and what `then` returns,
 * as zone.js does.
 */
export function isPending<Value>(value: Awaitable<Value>): value is Promise<Value> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** What `next` makes of a value, at once if the value need not be awaited. */
export function chain<Value, Result>(
  value: Awaitable<Value>,
  next: (value: Value) => Awaitable<Result>,
): Awaitable<Result> {
  return isPending(value) ? value.then(next) : next(value);
}

/** One exchange of a chain of redirects. */
export interface Hop {
  /** The method, as Fetch spells it. */
  method: string;
  url: RequestUrl;
  /** The fields in order: values are text over `fermyon:spin/http`, and byte strings over `wasi:http`. */
  headers: WireHeaders;
  /** `undefined` if the request has no body. A body that is read as it is sent can be sent once. */
  body: Bytes | ByteReader | undefined;
  /** The request that the program made, for errors. */
  context: Context;
}

/** A response whose redirects were not followed. */
export interface Received {
  status: number;
  headers: WireHeaders;
  body: Bytes | ByteReader;
}

/** Sends requests. */
export interface Transport {
  /** Whether a call stops the program until the whole response has arrived. */
  readonly blocks: boolean;
  /**
   * What the host does with redirects: returns them, or may follow them. `undefined` if nothing says that
   * the developer accepts that it follows them.
   *
   * @throws TypeError if the environment says something else.
   */
  redirects(context: Context): "returned" | "followed" | undefined;
  /**
   * Converts a request, and reads its body as far as the import needs it.
   *
   * @throws TypeError if the import cannot send the request.
   */
  prepare(request: Request, context: Context): Awaitable<Hop>;
  /**
   * Performs one exchange. Aborting `signal` ends it, also while the body is read, if the import can.
   *
   * @throws TypeError with the code of the error.
   */
  send(hop: Hop, signal: AbortSignal | undefined): Awaitable<Received>;
  /** The text of a value of a received header field. */
  textOf(value: string): string;
  /** Decodes the content codings of a response. */
  decode(received: Received, context: Context): Awaitable<Received>;
}

/**
 * Whether a body is read as it is sent, or received. Its method decides, because bytes of the host are not always
 * an `instanceof Uint8Array`.
 */
export function isReader(body: Bytes | ByteReader | undefined): body is ByteReader {
  return body !== undefined && "next" in body;
}
