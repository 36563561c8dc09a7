/** What a mock answers. */

import type { ReceivedRequest } from "./received.js";
import {
  assertBytes,
  assertNumber,
  assertText,
  type FieldsInit,
  jsonValue,
  type NamedValues,
  namedValues,
  withValue,
} from "./values.js";
import { toBase64 } from "./wire.js";

/**
 * A failure of an exchange. `tls-alert-N` is an alert of TLS with that code (RFC 8446 section 6).
 */
export type Fault =
  | "dns"
  | "blocked-address"
  | "refused"
  | "unreachable"
  | "too-many-connections"
  | "tls-certificate"
  | "tls-protocol"
  | `tls-alert-${number}`
  | "reset"
  | "incomplete"
  | "malformed"
  | "timeout-connect"
  | "timeout-response-headers"
  | "timeout-between-bytes"
  | "timeout-whole-response";

/** A piece of a body: text or bytes, and the delay after the previous piece, in milliseconds. */
export type BodyPiece =
  | string
  | Uint8Array
  | { readonly body: string | Uint8Array; readonly afterMs?: number };

/** A function of the test that answers a request. */
export type Responder = (request: ReceivedRequest) => MockResponse | Promise<MockResponse>;

/**
 * The responses of a mock: one for all calls; a list, one for each call, of which the last one answers all further
 * calls; or a function.
 */
export type Responses = MockResponse | readonly MockResponse[] | Responder;

/** A response, as a mock file has it. */
interface ResponseData {
  status?: number;
  headers?: NamedValues;
  trailers?: NamedValues;
  json?: unknown;
  text?: string;
  base64?: string;
  pieces?: readonly { text?: string; base64?: string; after_ms?: number }[];
  template?: boolean;
  delay_ms?: number;
  bytes_per_second?: number;
  cut_after_bytes?: number;
  stall_after_bytes?: number;
  stalled?: boolean;
  huge_headers_bytes?: number;
  retry_after_s?: number;
  fault?: string;
  fails_sometimes?: { probability: number; faults: readonly string[] };
}

/**
 * What a mock answers: a response, or a failure of the exchange.
 *
 * {@link json}, {@link text}, {@link status} and others make one. It does not change: each method returns another one.
 * Nothing is added to the response but the `content-type` of {@link json} and {@link text}.
 *
 * @example
 * ```js
 * import { fault, json, status, text } from "spin-harness";
 *
 * const price = json({ price: 3 }).header("etag", '"7"');
 * const gone = status(410).delay(20);
 * const cut = text("half of a text").cutAfter(4);
 * const echo = text("{{ request.query.sku }}, call {{ call }}").template();
 * const refused = fault("refused");
 * ```
 */
export class MockResponse {
  readonly #data: ResponseData;

  /** @internal */
  constructor(data: ResponseData) {
    this.#data = data;
  }

  /** The status, from 200 to 999. Defaults to 200. A response with 204 or 304 has no body, nor has one to HEAD. */
  status(status: number): MockResponse {
    assertNumber(status, "status(status)");
    return this.#with({ status });
  }

  /**
   * Adds a header field, after those of the same name. A `content-length` that is not that of the body fails the call,
   * except in a response to HEAD, or if the body breaks off or stalls.
   */
  header(name: string, value: string): MockResponse {
    assertText(value, `header(${JSON.stringify(name)}, value)`);
    return this.#with({ headers: withValue(this.#data.headers ?? {}, name, value) });
  }

  /** These header fields instead of those that were added. Without `content-type`, {@link json} and {@link text} have theirs. */
  headers(fields: FieldsInit): MockResponse {
    return this.#with({ headers: namedValues(fields) });
  }

  /** Adds a trailer field. */
  trailer(name: string, value: string): MockResponse {
    assertText(value, `trailer(${JSON.stringify(name)}, value)`);
    return this.#with({ trailers: withValue(this.#data.trailers ?? {}, name, value) });
  }

  /**
   * Renders the header values, and the texts of a body of {@link text} or {@link json}, as Jinja templates.
   *
   * They can read `call`, which is 1 for the first call, and `request`: its `method`, `url`, `host`, `path`, `segments`,
   * `query`, `headers` (the first value of each name), `text`, `json` and `component`. A text of a JSON body that is a
   * single `{{ … }}` becomes the value, with its type. A name without a value fails the call.
   */
  template(): MockResponse {
    return this.#with({ template: true });
  }

  /** How long after the request the head arrives, in milliseconds. Defaults to 0. */
  delay(milliseconds: number): MockResponse {
    assertNumber(milliseconds, "delay(milliseconds)");
    return this.#with({ delay_ms: milliseconds });
  }

  /** How fast the body arrives. Defaults to all at once. */
  bytesPerSecond(nBytes: number): MockResponse {
    assertNumber(nBytes, "bytesPerSecond(nBytes)");
    return this.#with({ bytes_per_second: nBytes });
  }

  /** The body breaks off after so many bytes. */
  cutAfter(nBytes: number): MockResponse {
    assertNumber(nBytes, "cutAfter(nBytes)");
    return this.#with({ cut_after_bytes: nBytes });
  }

  /** Nothing arrives after so many bytes of the body: the call ends by its time limit. */
  stallAfter(nBytes: number): MockResponse {
    assertNumber(nBytes, "stallAfter(nBytes)");
    return this.#with({ stall_after_bytes: nBytes });
  }

  /** Adds header fields of so many bytes together. The limit of a header section is 256 KiB unless it was set. */
  hugeHeaders(nBytes: number): MockResponse {
    assertNumber(nBytes, "hugeHeaders(nBytes)");
    return this.#with({ huge_headers_bytes: nBytes });
  }

  /** Fails this part of the calls, from 0 to 1, with one of `faults`. The random numbers are those of the mocks' `seed`. */
  failsSometimes(probability: number, faults: Iterable<Fault>): MockResponse {
    assertNumber(probability, "failsSometimes(probability, faults)");
    return this.#with({ fails_sometimes: { probability, faults: [...faults] } });
  }

  /** The response as a mock file has it. */
  toJSON(): object {
    return this.#data;
  }

  #with(data: ResponseData): MockResponse {
    return new MockResponse({ ...this.#data, ...data });
  }
}

/** A response with this status, from 200 to 999, without a body. */
export function status(status: number): MockResponse {
  assertNumber(status, "status(status)");
  return new MockResponse({ status });
}

/** A response with the status 200 and a body of `application/json`. */
export function json(value: unknown): MockResponse {
  return new MockResponse({ json: jsonValue(value, "json(value)") });
}

/** A response with the status 200 and a body of `text/plain; charset=utf-8`. */
export function text(text: string): MockResponse {
  assertText(text, "text(text)");
  return new MockResponse({ text });
}

/** A response with the status 200 and this body, without a `content-type`. */
export function bytes(bytes: Uint8Array): MockResponse {
  assertBytes(bytes, "bytes(bytes)");
  return new MockResponse({ base64: toBase64(bytes) });
}

/** A response with the status 200 whose body arrives in pieces, each so long after the one before it. */
export function pieces(pieces: Iterable<BodyPiece>): MockResponse {
  const data = [...pieces].map((piece) => {
    const isBody = typeof piece === "string" || piece instanceof Uint8Array;
    const { body, afterMs } = isBody ? { body: piece } : piece;
    const delay = afterMs === undefined ? {} : { after_ms: afterMs };
    if (typeof body === "string") return { text: body, ...delay };
    assertBytes(body, "the body of a piece");
    return { base64: toBase64(body), ...delay };
  });
  return new MockResponse({ pieces: data });
}

/** The status 429, with `retry-after` in whole seconds. */
export function tooManyRequests(retryAfterSeconds: number): MockResponse {
  assertNumber(retryAfterSeconds, "tooManyRequests(retryAfterSeconds)");
  return new MockResponse({ retry_after_s: retryAfterSeconds });
}

/** No response, ever: the call ends by its time limit. */
export function stalled(): MockResponse {
  return new MockResponse({ stalled: true });
}

/** The exchange fails. */
export function fault(fault: Fault): MockResponse {
  assertText(fault, "fault(fault)");
  return new MockResponse({ fault });
}
