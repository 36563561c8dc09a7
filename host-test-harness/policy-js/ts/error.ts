/** The errors of the package. */

/**
 * The kinds of {@link PolicyError}. A later version may have more.
 *
 * - `invalid-entries`: entries of an allow-list; {@link PolicyError.entries} names each.
 * - `malformed`, `not-absolute`: a URL that no host can request.
 * - `no-origin`: a request to the application itself, and no `selfOrigin` was given.
 * - `invalid-origin`: a `selfOrigin` that is not an http or https origin.
 * - `invalid-network`, `invalid-address`: a network to block, or an address to check.
 * - `invalid-manifest`: the message names each problem with its line.
 * - `missing-variable`: a required variable of a manifest has no value.
 * - `unknown-component`: a manifest has no component of this id.
 */
export type PolicyErrorKind =
  | "invalid-entries"
  | "malformed"
  | "not-absolute"
  | "no-origin"
  | "invalid-origin"
  | "invalid-network"
  | "invalid-address"
  | "invalid-manifest"
  | "missing-variable"
  | "unknown-component"
  | (string & {});

/** An entry that an allow-list cannot have. */
export interface InvalidEntry {
  /** The entry as written. */
  entry: string;
  /** A code, such as `missing-scheme`. */
  kind: string;
  /** What is wrong, and what to write instead. */
  message: string;
}

/**
 * Why there is no result: an entry, a URL, an address or a manifest is invalid.
 *
 * A value of another type, such as a number for a URL, is a `TypeError` instead.
 *
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { AllowList, PolicyError } from "outbound-policy";
 *
 * try {
 *   new AllowList(["https://api.test", "api.test/v1"]);
 *   assert.fail("it is invalid");
 * } catch (error) {
 *   assert(error instanceof PolicyError);
 *   assert.equal(error.kind, "invalid-entries");
 *   assert.deepEqual(error.entries.map(({ entry, kind }) => [entry, kind]), [["api.test/v1", "missing-scheme"]]);
 * }
 * ```
 */
export class PolicyError extends Error {
  /** The kind of the error, for programs to match on. */
  readonly kind: PolicyErrorKind;
  /** The invalid entries of an allow-list; empty for every other kind. */
  readonly entries: readonly InvalidEntry[];

  /** The package creates these errors. The constructor is public for your tests. */
  constructor(kind: PolicyErrorKind, message: string, entries: readonly InvalidEntry[] = []) {
    super(message);
    this.kind = kind;
    this.entries = entries;
  }

  static {
    PolicyError.prototype.name = "PolicyError";
  }
}

/** Calls a function of the module, which throws JSON. */
export function call<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (thrown) {
    if (typeof thrown !== "string") throw thrown;
    const { kind, message, entries } = JSON.parse(thrown);
    throw new PolicyError(kind, message, entries);
  }
}
