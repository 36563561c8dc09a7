/** The lists of what a component may call. */

import { call } from "./error.js";
import type { Decision, Explanation, Usage, Warning } from "./results.js";
import { type UrlOptions, urlArguments } from "./url.js";
import { options, strings, url, urls, variables } from "./values.js";
import * as wasm from "./wasm/outbound_policy.js";

/** How the entries of an {@link AllowList} are read. */
export interface AllowListOptions {
  /**
   * The version of the manifest that the entries are of: 2 reads them as `allowed_outbound_hosts`, 1 as
   * `allowed_http_hosts`; 2 by default.
   */
  manifestVersion?: 1 | 2;
  /** The values of `{{ name }}` in the entries of version 2; none by default. */
  variables?: Readonly<Record<string, string>>;
}

/** Marks a call of the constructor that wraps a list of the module. */
const WRAPPED = Symbol("a list of the module");

/**
 * The entries of `allowed_outbound_hosts`, or of `allowed_http_hosts` of a version 1 manifest.
 *
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { AllowList } from "outbound-policy";
 *
 * const list = new AllowList(["https://*.api.test", "http://self"]);
 * assert.equal(list.check("https://eu.api.test/v1").allowed, true);
 *
 * const decision = list.check("http://eu.api.test/v1");
 * assert(!decision.allowed);
 * assert.equal(decision.reason, "scheme-not-listed");
 * assert.equal(decision.entry_to_add, "http://eu.api.test");
 * ```
 */
export class AllowList {
  readonly #list: wasm.AllowList;

  /**
   * Reads entries. An empty list denies everything.
   *
   * @throws PolicyError of the kind `invalid-entries`.
   */
  constructor(entries: Iterable<string>, options?: AllowListOptions);
  /** @internal */
  constructor(entries: typeof WRAPPED, list: wasm.AllowList);
  constructor(
    entries: Iterable<string> | typeof WRAPPED,
    given?: AllowListOptions | wasm.AllowList,
  ) {
    this.#list =
      entries === WRAPPED
        ? (given as wasm.AllowList)
        : read(entries, given as AllowListOptions | undefined);
  }

  /** @internal Wraps a list of the module. */
  static wrap(list: wasm.AllowList): AllowList {
    return new AllowList(WRAPPED, list);
  }

  /**
   * The list with the entries of this one, then those of `other`. A component that has both lists in its manifest may
   * call what one of them permits.
   *
   * @example
   * ```js
   * import assert from "node:assert/strict";
   * import { AllowList } from "outbound-policy";
   *
   * const outbound = new AllowList(["https://api.test"]);
   * const both = outbound.and(new AllowList(["db.test:8443"], { manifestVersion: 1 }));
   * assert.equal(both.check("https://db.test:8443/").allowed, true);
   * ```
   */
  and(other: AllowList): AllowList {
    if (!(other instanceof AllowList)) throw new TypeError("`other` is not an AllowList");
    return AllowList.wrap(this.#list.and(other.#list));
  }

  /**
   * Decides whether a request to a URL is permitted; with `redirects`, whether the last hop is.
   *
   * @throws PolicyError of the kind `malformed`, `not-absolute`, `no-origin` or `invalid-origin`.
   */
  check(address: string | URL, options?: UrlOptions): Decision {
    const text = url(address, "the URL");
    const [selfOrigin, redirects] = urlArguments(options);
    return JSON.parse(call(() => this.#list.check(text, selfOrigin, redirects)));
  }

  /**
   * Explains what each entry permits and, for a URL, which entries permit it.
   *
   * @throws PolicyError as for {@link AllowList.check}.
   * @example
   * ```js
   * import assert from "node:assert/strict";
   * import { AllowList } from "outbound-policy";
   *
   * const [rule] = new AllowList(["https://api.test"]).explain("http://api.test/").rules;
   * assert.equal(rule.evaluation, "other-scheme");
   * assert.equal(
   *   rule.message,
   *   "`https://api.test` permits https requests to api.test on port 443; it names this URI host for another scheme",
   * );
   * ```
   */
  explain(address?: string | URL, options?: UrlOptions): Explanation {
    const text = address === undefined ? undefined : url(address, "the URL");
    const [selfOrigin, redirects] = urlArguments(options);
    return JSON.parse(call(() => this.#list.explain(text, selfOrigin, redirects)));
  }

  /**
   * Warns of entries that permit more or less than they seem to.
   *
   * @example
   * ```js
   * import assert from "node:assert/strict";
   * import { AllowList } from "outbound-policy";
   *
   * const [warning] = new AllowList(["*://api.test:*", "https://api.test"]).lint();
   * assert.deepEqual([warning.entry, warning.warning], ["https://api.test", "covered"]);
   * assert.equal(warning.covered_by, "*://api.test:*");
   * ```
   */
  lint(): Warning[] {
    return JSON.parse(this.#list.lint());
  }

  /**
   * Finds the entries that some URLs do not need, and the list that is enough for them.
   *
   * @throws PolicyError as for {@link AllowList.check}.
   * @example
   * ```js
   * import assert from "node:assert/strict";
   * import { AllowList } from "outbound-policy";
   *
   * const list = new AllowList(["https://*.api.test", "http://localhost:8080"]);
   * assert.deepEqual(list.usage(["https://eu.api.test/v1"]), {
   *   unused: ["http://localhost:8080"],
   *   sufficient: ["https://eu.api.test"],
   * });
   * ```
   */
  usage(addresses: Iterable<string | URL>, options?: Omit<UrlOptions, "redirects">): Usage {
    const texts = urls(addresses, "the URLs");
    const [selfOrigin] = urlArguments(options);
    return JSON.parse(call(() => this.#list.usage(texts, selfOrigin)));
  }
}

function read(given: Iterable<string>, settings: AllowListOptions | undefined): wasm.AllowList {
  const entries = strings(given, "the entries");
  const { manifestVersion = 2, variables: values } = options(
    settings,
    ["manifestVersion", "variables"],
    "the options",
  );
  switch (manifestVersion) {
    case 1:
      if (values !== undefined) {
        throw new TypeError("entries of version 1 have no variables; remove `variables`");
      }
      return call(() => wasm.AllowList.fromHttpHosts(entries));
    case 2: {
      const [names, texts] = variables(values ?? {});
      return call(() => wasm.AllowList.fromOutboundHosts(entries, names, texts));
    }
    default:
      throw new TypeError(`\`manifestVersion\` is ${String(manifestVersion)}; pass 1 or 2`);
  }
}
