import { assertUsable, Body, extractBody, setSource, sourceOf } from "./body.js";
import { BodySource } from "./body-source.js";
import type { ByteReader, Bytes } from "./byte-reader.js";
import { refusal } from "./error.js";
import {
  addIfMissing,
  cloneOf,
  freeze,
  fromList,
  Headers,
  headersFromWire,
  headersToWire,
} from "./headers.js";
import { hopByHopNames } from "./passed-on.js";
import { REASONS } from "./reasons.js";
import { isReader, type Received } from "./transport.js";
import { parsePath } from "./url.js";
import { toByteString, toDictionary, toUsvString } from "./webidl.js";
import type { WireHeaders, WireResponse } from "./wire.js";

const NULL_BODY_STATUSES = [101, 103, 204, 205, 304];
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];
/** RFC 9112 section 4. */
const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The properties of a response except headers and body. */
interface Head {
  status: number;
  statusText: string;
  type: "basic" | "default" | "error";
  url: string;
  /** Whether the SDK followed a redirect; absent means that it did not. */
  redirected?: boolean;
}

/** `make` passes this private value to the constructor instead of a body. */
const MADE = Symbol("made");

let make: (head: Head, headers: Headers, source: BodySource | null) => Response;

/**
 * The `Response` of Fetch (https://fetch.spec.whatwg.org/#response-class).
 *
 * A response of `fetch` may have a status from 200 to 999. The constructor accepts 200 to 599, as
 * the standard says.
 *
 * @internal
 */
export class Response extends Body {
  #head!: Head;
  #headers!: Headers;

  static {
    make = (head, headers, source) => {
      const response = new Response(MADE);
      response.#head = head;
      response.#headers = headers;
      setSource(response, source);
      return response;
    };
  }

  static error(): Response {
    return makeImmutable({ status: 0, statusText: "", type: "error", url: "" }, new Headers());
  }

  static json(data: unknown, init: unknown = undefined): Response {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("the value cannot be serialized as JSON");
    const response = new Response(text, init);
    const hasType = new Headers(toDictionary(init, "the options").headers as HeadersInit).has(
      "content-type",
    );
    if (!hasType) response.headers.set("content-type", "application/json");
    return response;
  }

  /** Keeps `/path` as it is, because a component does not know its origin. */
  static redirect(url: unknown, status: unknown = 302): Response {
    const text = toUsvString(url, "the URL", "invalid-url");
    const path = parsePath(text);
    const { pathname, search, hash, href } = path ?? parse(text);
    const value = path ? pathname + search + hash : href;
    const code = toUnsignedShort(status);
    if (!REDIRECT_STATUSES.includes(code)) {
      throw new RangeError(
        `the status ${code} is not a redirect; use ${REDIRECT_STATUSES.join(", ")}`,
      );
    }
    const head = { status: code, statusText: "", type: "default", url: "" } as const;
    return makeImmutable(head, fromList([["location", value]]));
  }

  constructor(body: unknown = null, init?: unknown) {
    super();
    if (body === MADE) return;
    const members = toDictionary(init, "the second argument of Response");
    const extracted = body === null ? null : extractBody(body);
    const status = members.status === undefined ? 200 : toUnsignedShort(members.status);
    if (status < 200 || status > 599) {
      throw new RangeError(`the status ${status} is outside the range 200 to 599`);
    }
    this.#head = {
      status,
      statusText: toReason(members.statusText ?? ""),
      type: "default",
      url: "",
    };
    this.#headers = new Headers(members.headers as HeadersInit | undefined);
    if (!extracted) return;
    if (NULL_BODY_STATUSES.includes(status)) {
      throw new TypeError(`a response with status ${status} cannot have a body; pass null`);
    }
    setSource(this, extracted.source);
    if (extracted.type !== null) addIfMissing(this.#headers, "content-type", extracted.type);
  }

  get type(): Head["type"] {
    return this.#head.type;
  }

  /** The URL without its fragment: the requested one, or the last one of the redirects that the SDK followed. */
  get url(): string {
    return this.#head.url;
  }

  /** Whether the SDK followed a redirect. The host does not report those that it follows. */
  get redirected(): boolean {
    return this.#head.redirected ?? false;
  }

  get status(): number {
    return this.#head.status;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  /** Empty for a response of `fetch`: like HTTP/2, the import carries no reason phrase. */
  get statusText(): string {
    return this.#head.statusText;
  }

  get headers(): Headers {
    return this.#headers;
  }

  clone(): Response {
    assertUsable(this, "cloned");
    const source = sourceOf(this)?.clone() ?? null;
    return make(this.#head, cloneOf(this.#headers), source);
  }
}

Object.defineProperty(Response.prototype, Symbol.toStringTag, {
  value: "Response",
  configurable: true,
});

function toReason(value: unknown): string {
  if (value === "") return "";
  const text = toByteString(value, "`statusText`", "request-error");
  if (!REASON.test(text)) {
    throw new TypeError(`the status text ${JSON.stringify(text)} contains a control character`);
  }
  return text;
}

function makeImmutable(head: Head, headers: Headers, source: BodySource | null = null): Response {
  freeze(headers);
  return make(head, headers, source);
}

function parse(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    throw refusal(REASONS.redirectUrlUnparsable, { url: JSON.stringify(text) }, { cause });
  }
}

/** Converts to the Web IDL type `unsigned short`, which wraps around. */
function toUnsignedShort(value: unknown): number {
  const number = Math.trunc(Number(value));
  return Number.isFinite(number) ? ((number % 65536) + 65536) % 65536 : 0;
}

/** Makes a response of `fetch`: immutable, with its URL. */
export function networkResponse(
  {
    status,
    statusText = "",
    url,
    redirected = false,
  }: Omit<Head, "type" | "statusText"> & {
    statusText?: string;
  },
  headers: Headers,
  body: Bytes | ByteReader | Blob | null,
): Response {
  const hasBody = body !== null && !NULL_BODY_STATUSES.includes(status);
  const source = hasBody ? new BodySource(originOf(body)) : null;
  return makeImmutable({ status, statusText, type: "basic", url, redirected }, headers, source);
}

function originOf(body: Bytes | ByteReader | Blob) {
  if (body instanceof Blob) return { blob: body };
  return isReader(body) ? { reader: body } : { bytes: body };
}

/**
 * Converts the response of the host to a request with `method` for `url`.
 *
 * @throws TypeError with the code `invalid-response` if the response is invalid.
 */
export function responseFromWire(
  wire: WireResponse | Received,
  { method, url, redirected = false }: { method: string; url: string; redirected?: boolean },
): Response {
  if (wire.status < 200 || wire.status > 999) {
    throw refusal(REASONS.statusOutOfRange, { status: wire.status });
  }
  let headers: Headers;
  try {
    headers = headersFromWire(wire.headers ?? []);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw refusal(REASONS.responseHeaderInvalid, { cause: message }, { cause });
  }
  const body = (wire.body ?? new Uint8Array(0)) as Bytes | ByteReader;
  const head = { status: wire.status, url, redirected };
  return networkResponse(head, headers, method === "HEAD" ? null : body);
}

/**
 * Converts the response of a handler to a request with `method` for the export. Reads its body.
 *
 * A response that was made from a response of an upstream has its fields. Those of the connection to
 * the upstream are removed, and so is `content-length` if the body is another one; the host sets it.
 *
 * @throws TypeError if the body cannot be read, or the response is `Response.error()`.
 */
export async function responseToWire(response: Response, method: string): Promise<WireResponse> {
  const headers = sentFieldsOf(response, headersToWire(response.headers), method);
  return { status: response.status, headers, body: await sourceOf(response)?.bytes() };
}

/**
 * The fields of the response of a handler that are sent, of `list`, its fields as the export has them.
 *
 * @throws TypeError if the response cannot be sent
 */
export function sentFieldsOf(response: Response, list: WireHeaders, method: string): WireHeaders {
  if (response.type === "error") throw new TypeError("Response.error() cannot be sent");
  assertUsable(response, "sent");
  // Without a body, these have the length that the body of a GET would have (RFC 9110 section 8.6).
  const hasNoBody = method === "HEAD" || response.status === 304;
  const keepsLength = hasNoBody && !sourceOf(response);
  const removed = hopByHopNames(list);
  const sent: WireHeaders = [];
  // No `filter`, which takes as long as seven calls.
  for (let index = 0; index < list.length; index += 1) {
    const field = list[index] as WireHeaders[number];
    const key = field[0].toLowerCase();
    if ((keepsLength || key !== "content-length") && !removed.has(key)) sent.push(field);
  }
  return sent;
}
