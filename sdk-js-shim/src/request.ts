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
import type { Awaitable } from "./transport.js";
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

/** The state of a request, except its body. */
interface State {
  readonly method: string;
  readonly url: RequestUrl;
  readonly headers: Headers;
  readonly options: Options;
  /** The signal that was passed. */
  readonly given: AbortSignal | undefined;
  /** The signal of the request, once something has asked for it. */
  signal: AbortSignal | undefined;
}

/** `make` passes this private value to the constructor instead of a URL. */
const MADE = Symbol("made");

let make: (state: State, source: BodySource | null) => Request;

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
  /** One member, because the engine takes long to add each private member to an object. */
  #state!: State;

  static {
    make = (state, source) => {
      const request = new Request(MADE);
      request.#state = state;
      setSource(request, source);
      return request;
    };
    urlOf = (request) => request.#state.url;
    givenSignalOf = (request) => request.#state.given;
  }

  constructor(input: unknown, init: unknown = undefined) {
    super();
    if (input === MADE) return;
    const members = toDictionary(init, "the second argument of Request");
    const original = input instanceof Request ? input.#state : undefined;
    const url = original ? original.url : parseRequestUrl(input);
    const before = original ? original.options : DEFAULTS;
    const options = init === undefined ? before : toOptions(members, before);
    const inherited = original ? original.method : "GET";
    const method = members.method === undefined ? inherited : toMethod(members.method);
    const given = members.signal === undefined ? original?.given : toSignal(members.signal);
    const fields = members.headers === undefined ? original?.headers : members.headers;
    const headers = new Headers(fields as HeadersInit | undefined);
    this.#state = { method, url, headers, options, given, signal: undefined };
    const source = toBody(members, input instanceof Request ? input : undefined, this.#state);
    if (source) setSource(this, source);
  }

  get method(): string {
    return this.#state.method;
  }

  /** An absolute URL; `http://self/path` for a call of the own application. */
  get url(): string {
    return this.#state.url.url.href;
  }

  get headers(): Headers {
    return this.#state.headers;
  }

  get destination(): string {
    return "";
  }

  get referrer(): string {
    return this.#state.options.referrer;
  }

  get referrerPolicy(): string {
    return this.#state.options.referrerPolicy;
  }

  get mode(): string {
    return this.#state.options.mode;
  }

  get credentials(): string {
    return this.#state.options.credentials;
  }

  get cache(): Options["cache"] {
    return this.#state.options.cache;
  }

  get redirect(): Options["redirect"] {
    return this.#state.options.redirect;
  }

  get integrity(): string {
    return this.#state.options.integrity;
  }

  get keepalive(): boolean {
    return this.#state.options.keepalive;
  }

  get isReloadNavigation(): boolean {
    return false;
  }

  get isHistoryNavigation(): boolean {
    return false;
  }

  get signal(): AbortSignal {
    const state = this.#state;
    state.signal ??= state.given ? AbortSignal.any([state.given]) : makeNeverAborted();
    return state.signal;
  }

  get duplex(): "half" {
    return "half";
  }

  clone(): Request {
    assertUsable(this, "cloned");
    const source = sourceOf(this)?.clone() ?? null;
    const state = this.#state;
    const given = state.given && this.signal;
    const headers = new Headers(state.headers);
    return make({ ...state, headers, given, signal: undefined }, source);
  }
}

Object.defineProperty(Request.prototype, Symbol.toStringTag, {
  value: "Request",
  configurable: true,
});

/** The body of a new request with this state; `null` if it has none. */
function toBody(
  members: Record<string, unknown>,
  original: Request | undefined,
  { method, headers, options }: State,
): BodySource | null {
  if (members.duplex !== undefined) {
    toEnumeration(members.duplex, ["half"] as const, "`duplex`");
  }
  const given = members.body ?? undefined;
  const inherited = original ? sourceOf(original) : null;
  if ((given !== undefined || inherited) && ["GET", "HEAD"].includes(method)) {
    throw refusal(REASONS.bodyOfGet, { method });
  }
  if (given === undefined) {
    if (!original || !inherited) return null;
    assertUsable(original, "sent");
    return inherited.move();
  }
  const { source, type } = extractBody(given);
  if (source.isStream && members.duplex === undefined) {
    throw refusal(REASONS.streamWithoutDuplex, {});
  }
  if (source.isStream && options.keepalive) {
    throw refusal(REASONS.streamWithKeepalive, {});
  }
  if (type !== null) addIfMissing(headers, "content-type", type);
  return source;
}

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
export function readBody(request: Request): Awaitable<Bytes | undefined> {
  assertUsable(request, "sent");
  const source = sourceOf(request);
  return source ? readSource(source) : undefined;
}

async function readSource(source: BodySource): Promise<Bytes> {
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
  return make(inboundState(inboundUrl(wire, headers), method, headers), source);
}

/** Makes an inbound request of its parts. @throws TypeError if Fetch cannot represent it */
export function inboundRequest(
  method: string,
  url: string,
  fields: WireHeaders,
  body: BodySource | null,
): Request {
  const headers = inboundHeadersFromWire(fields);
  const parsed = { url: parseInbound(url) ?? parseRequestUrl(url).url, isPath: false };
  return make(inboundState(parsed, method, headers), body);
}

function inboundState(url: RequestUrl, method: string, headers: Headers): State {
  return { method, url, headers, options: DEFAULTS, given: undefined, signal: undefined };
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
