import { refusal } from "./error.js";
import { REASONS } from "./reasons.js";
import { toUsvString } from "./webidl.js";

/** What a relative URL is resolved against: the own application, as Spin calls it. */
const SELF = "http://self/";

/** A URL of a request. */
export interface RequestUrl {
  url: URL;
  /** Whether it was given as `/path`, and is shown so. */
  isPath: boolean;
}

/**
 * Parses what `fetch` and `Request` are given.
 *
 * `/path` is a URL of the own application. There is no other base, so all else is absolute;
 * `//host` is refused, because it would name a host in a browser and a path in Spin.
 *
 * @throws TypeError if it is no URL, or has user information.
 */
export function parseRequestUrl(input: unknown): RequestUrl {
  const text = toUsvString(input, "the URL", "invalid-url");
  const path = parsePath(text);
  let url: URL;
  try {
    url = path ?? new URL(text);
  } catch (cause) {
    throw refusal(REASONS.urlUnparsable, {}, { cause });
  }
  if (url.username !== "" || url.password !== "") {
    throw refusal(REASONS.userInformation, {});
  }
  return { url, isPath: path !== undefined };
}

/**
 * The URL of the own application that `/path` is; `undefined` if it is none.
 *
 * The parser drops tabs and line breaks and takes a backslash for a slash, so it is the parsed
 * URL that says whether the text would have named a host.
 */
export function parsePath(text: string): URL | undefined {
  if (!text.startsWith("/") || !URL.canParse(text, SELF)) return undefined;
  const url = new URL(text, SELF);
  return url.host === "self" && !/^\/[\t\n\r]*[/\\]/.test(text) ? url : undefined;
}

/** The URL as the import takes it: the own application is called by a path, which every Spin does. */
export function urlToWire({ url }: RequestUrl): string {
  const isHttp = url.protocol === "http:" || url.protocol === "https:";
  return isHttp && url.host === "self" ? pathOf(url) : withoutFragment(url);
}

/** The URL as errors show it. */
export function shownUrl({ url, isPath }: RequestUrl): string {
  return isPath ? pathOf(url) : withoutFragment(url);
}

/** What was given, as errors show it: without user information, whether it can be parsed or not. */
export function shownInput(input: unknown): string {
  const text = typeof input === "symbol" ? "a symbol" : String(input);
  return text.replace(/^([^/?#]*:)?([/\\]{2})[^/?#\\]*@/, "$1$2");
}

function pathOf(url: URL): string {
  return url.pathname + url.search;
}

/** The serialisation without fragment; a `URL` is given as it is not changed. */
export function withoutFragment(url: URL): string {
  const end = url.href.indexOf("#");
  return end === -1 ? url.href : url.href.slice(0, end);
}
