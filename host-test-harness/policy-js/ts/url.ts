/** What the URL of a guest means. */

import { call } from "./error.js";
import type { Target } from "./results.js";
import { options, strings, url } from "./values.js";
import * as wasm from "./wasm/outbound_policy.js";

/** How a URL is resolved. */
export interface UrlOptions {
  /** The origin of the application: where `/path`, `http://self/path` and `https://self/path` go. */
  selfOrigin?: string | URL;
  /** The values of `Location` of the redirects that follow; the result is about the last. Empty by default. */
  redirects?: Iterable<string>;
}

/** The arguments of a function of the module. */
export type UrlArguments = [selfOrigin: string | undefined, redirects: string[]];

/** @throws TypeError if the options are not valid. */
export function urlArguments(given: UrlOptions | undefined): UrlArguments {
  const { selfOrigin, redirects } = options(given, ["selfOrigin", "redirects"], "the options");
  return [
    selfOrigin === undefined ? undefined : url(selfOrigin, "`selfOrigin`"),
    redirects === undefined ? [] : strings(redirects, "`redirects`"),
  ];
}

/**
 * Parses a URL as the host does, before it looks at any list.
 *
 * @throws PolicyError of the kind `malformed`, `not-absolute`, `no-origin` or `invalid-origin`.
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { parseUrl } from "outbound-policy";
 *
 * const target = parseUrl("/a/../stock?q=1#top", { selfOrigin: "http://127.0.0.1:3000" });
 * assert.equal(target.url, "http://127.0.0.1:3000/stock?q=1");
 * assert.equal(target.is_self, true);
 * ```
 */
export function parseUrl(address: string | URL, options?: UrlOptions): Target {
  const text = url(address, "the URL");
  const [selfOrigin, redirects] = urlArguments(options);
  return JSON.parse(call(() => wasm.parseUrl(text, selfOrigin, redirects)));
}
