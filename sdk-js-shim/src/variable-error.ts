/**
 * The category of a {@link VariableError}.
 *
 * - `undefined`: the component has no variable of this name.
 * - `invalid-name`: the name cannot be that of a variable.
 * - `provider`: the provider of the variables, such as a vault, failed.
 * - `other`: another error of the host.
 * - `no-host`: there is no host: the program runs in Node without a `MockAgent`, or is still being built.
 */
export type VariableErrorCode = "undefined" | "invalid-name" | "provider" | "other" | "no-host";

/**
 * Why a variable has no value. Match on `code`, which is stable.
 *
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { VariableError, variables } from "spin-fetch";
 * import { MockAgent } from "spin-fetch/testing";
 *
 * await new MockAgent({ variables: {} }).run(() => {
 *   assert.throws(
 *     () => variables.get("token"),
 *     (error) => error instanceof VariableError && error.code === "undefined",
 *   );
 * });
 * ```
 */
export class VariableError extends Error {
  /** The category of the error. */
  readonly code: VariableErrorCode;
  /** The name that was passed to `variables.get`. */
  readonly variable: string | undefined;

  /** The SDK creates these errors. The constructor is public for your tests. */
  constructor(
    code: VariableErrorCode,
    message: string,
    options?: ErrorOptions & { variable?: string },
  ) {
    super(message, options);
    this.code = code;
    this.variable = options?.variable;
  }

  static {
    VariableError.prototype.name = "VariableError";
  }
}
