/** What the URL of a request must be. */

import { assertText } from "./values.js";

/** The keys of a mock's `request` that are about its URL. */
export interface UrlData {
  url?: string;
  url_glob?: string;
  url_prefix?: string;
  url_regex?: string;
}

/** A pattern of URLs: see {@link glob} and {@link prefix}. */
export class UrlPattern {
  readonly #data: UrlData;

  /** @internal */
  constructor(data: UrlData) {
    this.#data = data;
  }

  /** @internal */
  get data(): UrlData {
    return this.#data;
  }
}

/** The exact URL, or a pattern: a regular expression with a match in the URL, {@link glob} or {@link prefix}. */
export type UrlLike = string | URL | RegExp | UrlPattern;

/**
 * A pattern of the whole URL: `*` stands for any characters of one path segment or of the URI host, and `**` for any
 * characters. All other characters stand for themselves, `?` too.
 *
 * @example
 * ```js
 * import { get, glob } from "spin-harness";
 *
 * get(glob("https://*.api.test/users/*" + "/orders**"));
 * ```
 */
export function glob(pattern: string): UrlPattern {
  assertText(pattern, "glob(pattern)");
  return new UrlPattern({ url_glob: pattern });
}

/**
 * Any URL that begins with `text`, as it would be sent.
 *
 * @example
 * ```js
 * import { get, prefix } from "spin-harness";
 *
 * get(prefix("https://api.test/v1/"));
 * ```
 */
export function prefix(text: string): UrlPattern {
  assertText(text, "prefix(text)");
  return new UrlPattern({ url_prefix: text });
}

/** @throws TypeError if it is none, or if the harness has no such regular expression. */
export function urlData(url: UrlLike): UrlData {
  if (typeof url === "string") return { url };
  if (url instanceof URL) return { url: url.href };
  if (url instanceof UrlPattern) return url.data;
  if (url instanceof RegExp) return { url_regex: rustRegex(url) };
  throw new TypeError(
    `${String(url)} is not a URL to match; pass a string, a URL, a RegExp, glob(…) or prefix(…)`,
  );
}

/**
 * The expression in the syntax of the harness, the crate `regex`. It has no look-around and no back-references, for
 * which the harness refuses the mock.
 */
function rustRegex({ source, flags }: RegExp): string {
  if (flags.includes("y")) {
    throw new TypeError(`/${source}/${flags}: leave out the flag y; begin the expression with ^`);
  }
  const inline = [...flags].filter((flag) => "ims".includes(flag)).join("");
  return inline === "" ? source : `(?${inline})${source}`;
}
