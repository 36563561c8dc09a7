import { getVariable } from "#host";
import { describe } from "./describe.js";
import { VariableError, type VariableErrorCode } from "./variable-error.js";

/** What to do about an error of the host, by the case of the WIT variant `error` of `variables`. */
const ADVICE: Readonly<Record<string, string>> = {
  undefined:
    "; add it to [variables] and to [component.….variables] of spin.toml, or pass --variable to spin-harness",
  "invalid-name": "; a name has words of lower-case letters and digits, separated by `_`",
  provider: "",
  other: "",
};

/** The cases of the WIT variant. Exported for the tests. @internal */
export const WIRE_VARIABLE_ERRORS = Object.keys(ADVICE);

/**
 * The variables of the component: `[component.….variables]` of the manifest, whose values come from
 * `[variables]` and the providers of the host.
 *
 * Only a component whose program uses this object imports `fermyon:spin/variables`.
 *
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { variables } from "spin-fetch";
 * import { MockAgent } from "spin-fetch/testing";
 *
 * await new MockAgent({ variables: { token: "secret" } }).run(() => {
 *   assert.equal(variables.get("token"), "secret");
 * });
 * ```
 */
export const variables = {
  /**
   * Returns the value of a variable. It blocks the component, like every call of the host.
   *
   * @throws VariableError if there is no value; its `code` says why.
   * @throws TypeError if `name` is not a string.
   */
  get(name: string): string {
    if (typeof name !== "string") {
      throw new TypeError(`variables.get: the name is ${String(name)}; pass a string`);
    }
    try {
      return getVariable(name);
    } catch (thrown) {
      throw errorFromWire(name, thrown);
    }
  },
};

/** Converts what the import threw. An error of the SDK, or of a test, is returned as it is. */
function errorFromWire(variable: string, thrown: unknown): Error {
  if (thrown instanceof VariableError) return thrown;
  const payload = (thrown as { payload?: { tag?: unknown; val?: unknown } } | null)?.payload;
  const tag = String(payload?.tag);
  const isKnown = Object.hasOwn(ADVICE, tag);
  const text = isKnown ? `${String(payload?.val)}${ADVICE[tag]}` : describe(payload ?? thrown);
  const code = isKnown ? (tag as VariableErrorCode) : "other";
  const message = `variables.get(${JSON.stringify(variable)}): ${text}`;
  // The engine throws a plain object for an error of the host. The message has all that it contains.
  const cause = thrown instanceof Error ? { cause: thrown } : {};
  return new VariableError(code, message, { variable, ...cause });
}
