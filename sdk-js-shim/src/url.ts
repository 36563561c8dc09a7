import { refusal } from "./error.js";
import { REASONS } from "./reasons.js";
import { toUsvString } from "./webidl.js";

/** The base of relative URLs: the own application, by Spin's name for it. */
const SELF = "http://self/";

/** A URL of a request. */
export interface RequestUrl {
  url: URL;
  /** Whether it was passed as `/path`; errors then show the path. */
  isPath: boolean;
}

/**
 * Parses the URL of `fetch` and `Request`.
 *
 * `/path` is a URL of the own application; any other URL must be absolute. `//host` is an error,
 * because it names a host in a browser and a path in Spin.
 *
 * @throws TypeError if the URL cannot be parsed, or contains user information.
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
 * Parses `/path` as a URL of the own application; `undefined` if `text` is not such a path.
 *
 * The parser drops tabs and line breaks and converts a backslash to a slash, so only the parsed URL
 * shows whether the text names a host.
 */
export function parsePath(text: string): URL | undefined {
  if (!text.startsWith("/") || !URL.canParse(text, SELF)) return undefined;
  const url = new URL(text, SELF);
  return url.host === "self" && !/^\/[\t\n\r]*[/\\]/.test(text) ? url : undefined;
}

/** Converts a URL for the import. A URL of the own application becomes a path, which every Spin supports. */
export function urlToWire({ url }: RequestUrl): string {
  const isHttp = url.protocol === "http:" || url.protocol === "https:";
  return isHttp && url.host === "self" ? pathOf(url) : withoutFragment(url);
}

/** The URL for errors. */
export function shownUrl({ url, isPath }: RequestUrl): string {
  return isPath ? pathOf(url) : withoutFragment(url);
}

/** The input of `fetch` for errors: without user information, even if it cannot be parsed. */
export function shownInput(input: unknown): string {
  const text = typeof input === "symbol" ? "a symbol" : String(input);
  // The parser takes any number of slashes after the scheme of http and https.
  return text.replace(/^(\s*https?:[/\\]*|(?:[^/?#]*:)?[/\\]{2,})[^/?#\\]*@/i, "$1");
}

/** The path and the query of an http URL without user information. An empty query keeps its question mark. */
export function pathOf(url: URL): string {
  // No `slice`, which takes the engine ten times as long.
  return withoutFragment(url).substring(url.origin.length);
}

/** Serializes a URL without its fragment, and does not change it. */
export function withoutFragment(url: URL): string {
  const { href } = url;
  const end = href.indexOf("#");
  return end === -1 ? href : href.slice(0, end);
}
