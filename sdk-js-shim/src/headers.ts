// biome-ignore-all lint/complexity/noArguments: the standard counts arguments, and a rest parameter would change `length`.

import { refusal } from "./error.js";
import { inboundNames, inboundNamesInCopy } from "./passed-on.js";
import { REASONS } from "./reasons.js";
import { assertArguments, toByteString, trimWhitespace } from "./webidl.js";
import { mapFields, valuesOf, type WireHeaders } from "./wire.js";

/** The standard's `HeadersInit`. */
type Init = ConstructorParameters<typeof globalThis.Headers>[0];

/** A token, RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FORBIDDEN_IN_VALUE = /[\0\r\n]/;
/** A value that needs no conversion between Fetch, the import and the wire. */
const UNCONVERTED_VALUE = /^[!-~](?:[\t -~]*[!-~])?$/;
/** A name and such a value, with a line feed between them: the engine takes as long for one pattern as for both. */
const UNCONVERTED_FIELD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+\n[!-~](?:[\t -~]*[!-~])?$/;

/** The state of a `Headers`. */
interface State {
  list: WireHeaders;
  isImmutable: boolean;
  /**
   * The names of the fields that came with an inbound request and belong to it. They are copied with
   * the list, are not sent with another request, and are fields like any other once a program sets them.
   */
  inbound: ReadonlySet<string> | undefined;
  /** Whether the list is that of an inbound request, and `inbound` is not made of it: few programs send it. */
  isInbound: boolean;
  sorted: [string, string][] | undefined;
}

/** The list of a `Headers`, not a copy. */
export let listOf: (headers: Headers) => WireHeaders;
/** Adds a field, which is not validated, unless there is one of this name, which is in lower case. */
export let addIfMissing: (headers: Headers, name: string, value: string) => void;
/** Makes a `Headers` immutable, like those of a response of `fetch`. */
export let freeze: (headers: Headers) => void;
/** Copies a `Headers`, which is immutable if the original is. */
export let cloneOf: (headers: Headers) => Headers;
/** Makes a `Headers` that owns `list`, which is not validated. */
export let fromList: (list: WireHeaders) => Headers;
/** Makes the `Headers` of an inbound request that owns `list`, which is not validated. */
export let fromInboundList: (list: WireHeaders) => Headers;
/** The list without the fields that belong to an inbound request. */
export let sentListOf: (headers: Headers) => WireHeaders;

/**
 * The `Headers` of Fetch (https://fetch.spec.whatwg.org/#headers-class).
 *
 * It keeps a list, so values that were appended separately are sent separately; `headerList`
 * returns the list. As in other server runtimes, no name is forbidden.
 *
 * @internal
 */
export class Headers {
  /** One member, because the engine takes long to add each private member to an object. */
  readonly #state: State = {
    list: [],
    isImmutable: false,
    inbound: undefined,
    isInbound: false,
    sorted: undefined,
  };
  /** The same function as `entries`. */
  declare readonly [Symbol.iterator]: () => IterableIterator<[string, string]>;

  static {
    listOf = (headers) => headers.#state.list;
    addIfMissing = (headers, name, value) => {
      const state = headers.#state;
      if (valuesOf(state.list, name).length === 0) state.list.push([name, value]);
      state.sorted = undefined;
    };
    freeze = (headers) => {
      headers.#state.isImmutable = true;
    };
    cloneOf = (headers) => {
      const clone = new Headers(headers);
      clone.#state.isImmutable = headers.#state.isImmutable;
      return clone;
    };
    fromList = (list) => {
      const headers = new Headers();
      headers.#state.list = list;
      return headers;
    };
    fromInboundList = (list) => {
      const headers = fromList(list);
      headers.#state.isInbound = true;
      return headers;
    };
    sentListOf = (headers) => {
      // A copy that was made field by field shows only as a whole that it is one.
      const inbound = inboundNamesOf(headers.#state) ?? namesInCopy(headers.#state.list);
      if (!inbound) return headers.#state.list;
      return headers.#state.list.filter(([name]) => !inbound.has(name.toLowerCase()));
    };
  }

  constructor(init?: Init) {
    if (init === undefined) return;
    const state = this.#state;
    if (isList(init)) {
      const other = init.#state;
      state.list = other.list.slice();
      state.inbound = other.inbound;
      state.isInbound = other.isInbound;
      return;
    }
    fill(state.list, init);
    state.inbound = namesInCopy(state.list);
  }

  append(name: string, value: string): void {
    assertArguments(arguments, 2, "Headers.append");
    const pair = toPair(name, value);
    change(this.#state, pair[0]);
    this.#state.list.push(pair);
  }

  delete(name: string): void {
    assertArguments(arguments, 1, "Headers.delete");
    const key = toName(name).toLowerCase();
    change(this.#state, key);
    this.#state.list = this.#state.list.filter(([other]) => other.toLowerCase() !== key);
  }

  get(name: string): string | null {
    assertArguments(arguments, 1, "Headers.get");
    const values = valuesOf(this.#state.list, toName(name).toLowerCase());
    if (values.length > 1) return values.join(", ");
    return values[0] ?? null;
  }

  getSetCookie(): string[] {
    return valuesOf(this.#state.list, "set-cookie");
  }

  has(name: string): boolean {
    assertArguments(arguments, 1, "Headers.has");
    return valuesOf(this.#state.list, toName(name).toLowerCase()).length > 0;
  }

  set(name: string, value: string): void {
    assertArguments(arguments, 2, "Headers.set");
    const pair = toPair(name, value);
    change(this.#state, pair[0]);
    const key = pair[0].toLowerCase();
    const first = this.#state.list.findIndex(([other]) => other.toLowerCase() === key);
    if (first === -1) {
      this.#state.list.push(pair);
      return;
    }
    this.#state.list = this.#state.list.filter(
      ([other], index) => index <= first || other.toLowerCase() !== key,
    );
    this.#state.list[first] = pair;
  }

  forEach(
    callback: (value: string, name: string, headers: Headers) => void,
    thisArgument?: unknown,
  ): void {
    if (typeof callback !== "function") {
      throw new TypeError("the first argument of forEach is not a function");
    }
    for (const [name, value] of this) callback.call(thisArgument, value, name, this);
  }

  *entries(): IterableIterator<[string, string]> {
    // The standard requires the iteration to observe changes.
    for (let index = 0; index < sort(this.#state).length; index += 1) {
      const [name, value] = sort(this.#state)[index] as [string, string];
      yield [name, value];
    }
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value;
  }
}

Object.defineProperty(Headers.prototype, Symbol.iterator, {
  value: Headers.prototype.entries,
  writable: true,
  configurable: true,
});
Object.defineProperty(Headers.prototype, Symbol.toStringTag, {
  value: "Headers",
  configurable: true,
});
/**
 * The list of all header values, in order, with the names as they were written.
 *
 * Fetch joins the values of a name with ", " when they are read; this list has them separately.
 * `headers` must be a `Headers` of this package: the global `Headers`, or that of a request or
 * response.
 *
 * @throws TypeError if `headers` is of another class, such as Node's own `Headers`.
 *
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { headerList } from "spin-fetch";
 *
 * const headers = new Headers([["Link", "<a>"], ["Link", "<b>"]]);
 * assert.equal(headers.get("link"), "<a>, <b>");
 * assert.deepEqual(headerList(headers), [["Link", "<a>"], ["Link", "<b>"]]);
 * ```
 */
export function headerList(headers: globalThis.Headers): [name: string, value: string][] {
  if (!(headers instanceof Headers)) {
    throw new TypeError("these are not headers of spin-fetch; create them with new Headers(…)");
  }
  return listOf(headers).map(([name, value]) => [name, value]);
}

/** Prepares the change of a field. @throws TypeError if the headers are immutable */
function change(state: State, name: string): void {
  if (state.isImmutable) {
    throw refusal(REASONS.headersImmutable, {});
  }
  state.sorted = undefined;
  const key = name.toLowerCase();
  const inbound = inboundNamesOf(state);
  // A new set, because copies share it.
  if (inbound?.has(key)) state.inbound = new Set([...inbound].filter((other) => other !== key));
}

/** `inbound`, which is made before the list changes. */
function inboundNamesOf(state: State): ReadonlySet<string> | undefined {
  if (state.isInbound) state.inbound = new Set(inboundNames(state.list));
  state.isInbound = false;
  return state.inbound;
}

/** "Sort and combine" of the standard. The values of `set-cookie` are not combined. */
function sort(state: State): [string, string][] {
  if (state.sorted) return state.sorted;
  const combined = new Map<string, string>();
  const pairs: [string, string][] = [];
  for (const [name, value] of state.list) {
    const key = name.toLowerCase();
    if (key === "set-cookie") pairs.push([key, value]);
    else combined.set(key, combined.has(key) ? `${combined.get(key)}, ${value}` : value);
  }
  pairs.push(...combined);
  pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  state.sorted = pairs;
  return pairs;
}

function namesInCopy(list: WireHeaders): ReadonlySet<string> | undefined {
  const names = inboundNamesInCopy(list);
  return names.length > 0 ? new Set(names) : undefined;
}

/** Whether `init` is a `Headers` whose iterator was not replaced, so that its list can be copied. */
function isList(init: unknown): init is Headers {
  return init instanceof Headers && init[Symbol.iterator] === Headers.prototype.entries;
}

/** "Fill a Headers object" of the standard, for an object without fields. */
function fill(list: WireHeaders, init: unknown): void {
  if (init === null || (typeof init !== "object" && typeof init !== "function")) {
    throw refusal(REASONS.headersNotObject, { value: String(init) });
  }
  const iterator = (init as Partial<Iterable<unknown>>)[Symbol.iterator];
  if (iterator === undefined || iterator === null) {
    fillFromRecord(list, init as Record<string, unknown>);
  } else {
    for (const pair of init as Iterable<unknown>) {
      const two = toTwo(pair);
      list.push(toPair(two[0], two[1]));
    }
  }
}

const iterateArray = Array.prototype[Symbol.iterator];

function toTwo(pair: unknown): [string, string] {
  // The engine takes long to iterate over an array.
  if (Array.isArray(pair) && pair.length === 2 && pair[Symbol.iterator] === iterateArray) {
    return pair as [string, string];
  }
  const isIterable = typeof pair === "object" && pair !== null && Symbol.iterator in pair;
  const two = isIterable ? [...(pair as Iterable<string>)] : [];
  if (two.length !== 2) {
    throw refusal(REASONS.headerEntryNotPair, {});
  }
  return two as [string, string];
}

const isEnumerable = Object.prototype.propertyIsEnumerable;

/** Converts a Web IDL record. No two keys convert to the same name, since a conversion keeps the text or fails. */
function fillFromRecord(list: WireHeaders, init: Record<string, unknown>): void {
  const keys = Reflect.ownKeys(init);
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] as string | symbol;
    if (!isEnumerable.call(init, key)) continue;
    const name =
      typeof key === "string" ? key : toByteString(key, "a header name", "invalid-header");
    list.push(toPair(name, init[name]));
  }
}

function toPair(name: unknown, value: unknown): [string, string] {
  // A fast path, because the engine interprets the rest slowly.
  if (typeof name === "string" && typeof value === "string" && isUnconverted(name, value)) {
    return [name, value];
  }
  const nameText = toByteString(name, "a header name", "invalid-header");
  const what = `header \`${nameText}\``;
  const text = trimWhitespace(toByteString(value, what, "invalid-header"));
  toName(nameText);
  if (FORBIDDEN_IN_VALUE.test(text)) {
    const values = { name: nameText, value: JSON.stringify(text) };
    throw refusal(REASONS.headerValueLineBreak, values);
  }
  return [nameText, text];
}

/** The value of a field as it is sent. @throws TypeError if it cannot be one */
export function toValue(name: string, value: string): string {
  return toPair(name, value)[1];
}

function isUnconverted(name: string, value: string): boolean {
  return UNCONVERTED_FIELD.test(`${name}\n${value}`);
}

function isToken(name: unknown): name is string {
  return typeof name === "string" && TOKEN.test(name);
}

function toName(name: unknown): string {
  if (isToken(name)) return name;
  const text = toByteString(name, "a header name", "invalid-header");
  if (!TOKEN.test(text)) {
    throw refusal(REASONS.headerNameNotToken, { name: JSON.stringify(text) });
  }
  return text;
}

/**
 * Converts headers for the import, where values are text.
 *
 * The values of Fetch are bytes. Bytes that are UTF-8 are decoded, and the host sends the same
 * bytes. Other bytes are decoded as ISO-8859-1.
 */
export function headersToWire(headers: Headers): WireHeaders {
  return toWire(listOf(headers));
}

/** Converts the headers of a request as {@link headersToWire}, without the fields of an inbound request. */
export function requestHeadersToWire(headers: Headers): WireHeaders {
  return toWire(sentListOf(headers));
}

function toWire(list: WireHeaders): WireHeaders {
  return mapFields(list, (pair) => [pair[0], textOfValue(pair[1])]);
}

/**
 * Converts the headers of a wire request or response. Text up to U+00FF is kept; other text
 * becomes its UTF-8 bytes, as Fetch reads headers.
 *
 * @throws TypeError if a field is invalid, which a host never returns.
 */
export function headersFromWire(fields: WireHeaders): Headers {
  return fromList(fromWire(fields));
}

/** Converts the headers of an inbound request as {@link headersFromWire}. */
export function inboundHeadersFromWire(fields: WireHeaders): Headers {
  return fromInboundList(fromWire(fields));
}

function fromWire(fields: WireHeaders): WireHeaders {
  return mapFields(fields, (pair) =>
    isUnconverted(pair[0], pair[1]) ? pair : toPair(pair[0], valueFromWire(pair[1])),
  );
}

const BEYOND_ASCII = /[^\0-\x7f]/;
const BEYOND_LATIN1 = /[^\0-\xff]/;

/** The text of a value: its bytes as UTF-8, or as ISO-8859-1 if they are not that. */
export function textOfValue(value: string): string {
  if (UNCONVERTED_VALUE.test(value) || !BEYOND_ASCII.test(value)) return value;
  const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return value;
  }
}

function valueFromWire(value: string): string {
  if (!BEYOND_LATIN1.test(value)) return value;
  return Array.from(new TextEncoder().encode(value), (byte) => String.fromCharCode(byte)).join("");
}
