import { assertUsable, Body, extractBody, setSource, sourceOf } from "./body.js";
import { BodySource, type Bytes } from "./body-source.js";
import { refusal } from "./error.js";
import {
  addIfMissing,
  Headers,
  inboundHeadersFromWire,
  requestHeadersToWire,
  sentListOf,
} from "./headers.js";
import { methodFromWire, methodToWire, toMethod } from "./method.js";
import { REASONS } from "./reasons.js";
import { parseRequestUrl, type RequestUrl, shownUrl, urlToWire } from "./url.js";
import { toDictionary, toEnumeration, toUsvString } from "./webidl.js";
import type { WireHeaders, WireRequest } from "./wire.js";

const MODES = ["navigate", "same-origin", "no-cors", "cors"] as const;
const CREDENTIALS = ["omit", "same-origin", "include"] as const;
const CACHES = [
  "default",
  "no-store",
  "reload",
  "no-cache",
  "force-cache",
  "only-if-cached",
] as const;
const REDIRECTS = ["follow", "error", "manual"] as const;
const PRIORITIES = ["high", "low", "auto"] as const;
const REFERRER_POLICIES = [
  "",
  "no-referrer",
  "no-referrer-when-downgrade",
  "same-origin",
  "origin",
  "strict-origin",
  "origin-when-cross-origin",
  "strict-origin-when-cross-origin",
  "unsafe-url",
] as const;

/** The options of a request. */
interface Options {
  cache: (typeof CACHES)[number];
  credentials: (typeof CREDENTIALS)[number];
  integrity: string;
  keepalive: boolean;
  mode: (typeof MODES)[number];
  redirect: (typeof REDIRECTS)[number];
  referrer: string;
  referrerPolicy: (typeof REFERRER_POLICIES)[number];
}

const DEFAULTS: Options = {
  cache: "default",
  credentials: "same-origin",
  integrity: "",
  keepalive: false,
  mode: "cors",
  redirect: "follow",
  referrer: "about:client",
  referrerPolicy: "",
};

/** `make` passes this private value to the constructor instead of a URL. */
const MADE = Symbol("made");

let make: (url: RequestUrl, method: string, headers: Headers, source: BodySource | null) => Request;

/** The URL, and whether it was passed as a path. */
export let urlOf: (request: Request) => RequestUrl;
/** The signal that was passed. A request without a signal does not create one. */
export let givenSignalOf: (request: Request) => AbortSignal | undefined;

/**
 * The `Request` of Fetch (https://fetch.spec.whatwg.org/#request-class).
 *
 * @internal
 */
export class Request extends Body {
  #method = "GET";
  #url!: RequestUrl;
  #headers!: Headers;
  #options: Options = DEFAULTS;
  #given: AbortSignal | undefined;
  #signal: AbortSignal | undefined;

  static {
    make = (url, method, headers, source) => {
      const request = new Request(MADE);
      request.#url = url;
      request.#method = method;
      request.#headers = headers;
      setSource(request, source);
      return request;
    };
    urlOf = (request) => request.#url;
    givenSignalOf = (request) => request.#given;
  }

  constructor(input: unknown, init: unknown = undefined) {
    super();
    if (input === MADE) return;
    const members = toDictionary(init, "the second argument of Request");
    const original = input instanceof Request ? input : undefined;
    if (original) {
      this.#method = original.#method;
      this.#url = original.#url;
      this.#options = original.#options;
      this.#given = original.#given;
    } else {
      this.#url = parseRequestUrl(input);
    }
    if (init !== undefined) this.#options = toOptions(members, this.#options);
    if (members.method !== undefined) this.#method = toMethod(members.method);
    if (members.signal !== undefined) this.#given = toSignal(members.signal);
    const inherited = original ? original.#headers : undefined;
    const headers = members.headers === undefined ? inherited : members.headers;
    this.#headers = new Headers(headers as HeadersInit | undefined);
    this.#setBody(members, original);
  }

  get method(): string {
    return this.#method;
  }

  /** An absolute URL; `http://self/path` for a call of the own application. */
  get url(): string {
    return this.#url.url.href;
  }

  get headers(): Headers {
    return this.#headers;
  }

  get destination(): string {
    return "";
  }

  get referrer(): string {
    return this.#options.referrer;
  }

  get referrerPolicy(): string {
    return this.#options.referrerPolicy;
  }

  get mode(): string {
    return this.#options.mode;
  }

  get credentials(): string {
    return this.#options.credentials;
  }

  get cache(): Options["cache"] {
    return this.#options.cache;
  }

  get redirect(): Options["redirect"] {
    return this.#options.redirect;
  }

  get integrity(): string {
    return this.#options.integrity;
  }

  get keepalive(): boolean {
    return this.#options.keepalive;
  }

  get isReloadNavigation(): boolean {
    return false;
  }

  get isHistoryNavigation(): boolean {
    return false;
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#given ? AbortSignal.any([this.#given]) : makeNeverAborted();
    return this.#signal;
  }

  get duplex(): "half" {
    return "half";
  }

  clone(): Request {
    assertUsable(this, "cloned");
    const source = sourceOf(this)?.clone() ?? null;
    const clone = make(this.#url, this.#method, new Headers(this.#headers), source);
    clone.#options = this.#options;
    clone.#given = this.#given && this.signal;
    return clone;
  }

  #setBody(members: Record<string, unknown>, original: Request | undefined): void {
    if (members.duplex !== undefined) {
      toEnumeration(members.duplex, ["half"] as const, "`duplex`");
    }
    const given = members.body ?? undefined;
    const inherited = original ? sourceOf(original) : null;
    if ((given !== undefined || inherited) && ["GET", "HEAD"].includes(this.#method)) {
      throw refusal(REASONS.bodyOfGet, { method: this.#method });
    }
    if (given === undefined) {
      if (!original || !inherited) return;
      assertUsable(original, "sent");
      setSource(this, inherited.move());
      return;
    }
    const { source, type } = extractBody(given);
    if (source.isStream && members.duplex === undefined) {
      throw refusal(REASONS.streamWithoutDuplex, {});
    }
    if (source.isStream && this.#options.keepalive) {
      throw refusal(REASONS.streamWithKeepalive, {});
    }
    setSource(this, source);
    if (type !== null) addIfMissing(this.#headers, "content-type", type);
  }
}

Object.defineProperty(Request.prototype, Symbol.toStringTag, {
  value: "Request",
  configurable: true,
});

function toOptions(members: Record<string, unknown>, before: Options): Options {
  const options = { ...before };
  if (members.window !== undefined && members.window !== null) {
    throw refusal(REASONS.windowNotNull, {});
  }
  if (members.referrer !== undefined) options.referrer = toReferrer(members.referrer);
  if (members.referrerPolicy !== undefined) {
    options.referrerPolicy = toEnumeration(
      members.referrerPolicy,
      REFERRER_POLICIES,
      "`referrerPolicy`",
    );
  }
  if (members.mode !== undefined) options.mode = toEnumeration(members.mode, MODES, "`mode`");
  if (members.mode === "navigate") {
    throw refusal(REASONS.modeNavigate, {});
  }
  if (members.credentials !== undefined) {
    options.credentials = toEnumeration(members.credentials, CREDENTIALS, "`credentials`");
  }
  if (members.cache !== undefined) options.cache = toEnumeration(members.cache, CACHES, "`cache`");
  if (options.cache === "only-if-cached" && options.mode !== "same-origin") {
    throw refusal(REASONS.onlyIfCachedMode, {});
  }
  if (members.redirect !== undefined) {
    options.redirect = toEnumeration(members.redirect, REDIRECTS, "`redirect`");
  }
  if (members.integrity !== undefined) {
    options.integrity = toUsvString(members.integrity, "`integrity`", "request-error");
  }
  if (members.keepalive !== undefined) options.keepalive = Boolean(members.keepalive);
  if (members.priority !== undefined) {
    toEnumeration(members.priority, PRIORITIES, "`priority`");
  }
  return options;
}

/** A component has no origin, so every URL is cross-origin, which the standard converts to "client". */
function toReferrer(value: unknown): string {
  const text = toUsvString(value, "`referrer`", "request-error");
  if (text === "") return "";
  try {
    new URL(text, "http://self/");
  } catch (cause) {
    throw refusal(REASONS.referrerNotUrl, { value: JSON.stringify(text) }, { cause });
  }
  return "about:client";
}

/** The signals of requests without one. `fetch` waits for timers only if a signal may be aborted. */
const neverAborted = new WeakSet<AbortSignal>();

function makeNeverAborted(): AbortSignal {
  const { signal } = new AbortController();
  neverAborted.add(signal);
  return signal;
}

function toSignal(value: unknown): AbortSignal | undefined {
  if (value === null || neverAborted.has(value as AbortSignal)) return undefined;
  if (value instanceof AbortSignal) return value;
  throw refusal(REASONS.signalInvalid, {});
}

/** The method and the URL of a request, for errors. */
export function contextOf(request: Request): { method: string; url: string } {
  return { method: request.method, url: shownUrl(urlOf(request)) };
}

/**
 * Converts a request for the import. Reads its body. Fields that belong to an inbound request are not
 * sent if they were copied from it.
 *
 * @throws TypeError if the import does not have the method, or the body cannot be read.
 */
export async function requestToWire(request: Request): Promise<WireRequest> {
  const method = methodToWire(request.method);
  const body = await readBody(request);
  const headers = headersOf(request);
  return { method, uri: urlToWire(urlOf(request)), headers, params: [], body };
}

/** The body as bytes; `undefined` if there is none. @throws TypeError if it cannot be read */
export async function readBody(request: Request): Promise<Bytes | undefined> {
  assertUsable(request, "sent");
  const source = sourceOf(request);
  if (!source) return undefined;
  try {
    return await source.bytes();
  } catch (cause) {
    throw refusal(REASONS.bodyUnreadable, { cause: String(cause) }, { cause });
  }
}

/** The fields of a request as the import `fermyon:spin/http` takes them. */
export function headersOf(request: Request): WireHeaders {
  const headers = requestHeadersToWire(request.headers);
  addCacheControl(headers, request.cache);
  return headers;
}

/** The fields of a request that are sent, as byte strings: without those of an inbound request that were copied. */
export function sentFieldsOf(request: Request): WireHeaders {
  return sentListOf(request.headers);
}

/** Adds the headers for caches of "HTTP-network-or-cache fetch" (steps 8.17 and 8.18). */
export function addCacheControl(headers: WireRequest["headers"], cache: Options["cache"]): void {
  const add = (name: string, value: string) => {
    if (!headers.some(([other]) => other.toLowerCase() === name)) headers.push([name, value]);
  };
  if (cache === "no-cache") add("cache-control", "max-age=0");
  if (cache === "no-store" || cache === "reload") {
    add("pragma", "no-cache");
    add("cache-control", "no-cache");
  }
}

/**
 * Converts an inbound request. Its URL is the one that the host reports.
 *
 * A `Request` with GET or HEAD has no body. An empty body counts as no body.
 *
 * @throws TypeError if Fetch cannot represent the request, for example its URL.
 */
export function requestFromWire(wire: WireRequest): Request {
  const headers = inboundHeadersFromWire(wire.headers);
  const method = methodFromWire(wire.method);
  const hasBody = !["GET", "HEAD"].includes(method) && wire.body?.byteLength;
  const source = hasBody ? new BodySource({ bytes: wire.body as Bytes }) : null;
  return make(inboundUrl(wire, headers), method, headers, source);
}

/** Makes an inbound request of its parts. @throws TypeError if Fetch cannot represent it */
export function inboundRequest(
  method: string,
  url: string,
  fields: WireHeaders,
  body: BodySource | null,
): Request {
  const headers = inboundHeadersFromWire(fields);
  return make(
    { url: parseInbound(url) ?? parseRequestUrl(url).url, isPath: false },
    method,
    headers,
    body,
  );
}

/**
 * Spin sends the URL in `spin-full-url`; other hosts send only `host`. A client can forge `host`, but not `spin-full-url`:
 * Spin appends its fields to those of the client, so the last value is Spin's.
 */
function inboundUrl({ uri, headers: list }: WireRequest, headers: Headers): RequestUrl {
  const path = inboundPath(uri);
  let full = list.findLast(([name]) => name.toLowerCase() === "spin-full-url")?.[1];
  // The host appends it to the authority as it is.
  if (path !== uri) full = full?.replace(/\/?\*$/, path);
  const url =
    (full === undefined ? undefined : parseInbound(full)) ??
    parseInbound(`http://${headers.get("host") ?? "localhost"}${path}`);
  return url ? { url, isPath: false } : parseRequestUrl(`http://localhost${path}`);
}

/** The path and the query of an inbound request. `*`, of OPTIONS for the whole server, is `/*`, since a URL has a path. */
export function inboundPath(target: string): string {
  return target === "*" ? "/*" : target;
}

/** Parses a URL; `undefined` if it is invalid or contains user information. */
function parseInbound(text: string): URL | undefined {
  try {
    const url = new URL(text);
    return url.username === "" && url.password === "" ? url : undefined;
  } catch {
    return undefined;
  }
}
