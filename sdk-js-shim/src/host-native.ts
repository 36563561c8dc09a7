import { AsyncLocalStorage } from "node:async_hooks";
import { refusal } from "./error.js";
import type { Phase } from "./host.js";
import { REASONS } from "./reasons.js";
import { spinTransport } from "./spin-transport.js";
import { VariableError } from "./variable-error.js";
import type { GetVariable, SendRequest } from "./wire.js";

/** The host of a test. */
interface NativeHost {
  sendRequest: SendRequest;
  environment: Readonly<Record<string, string>>;
  /** The value of each variable, or the error with which the host responds. */
  variables: Readonly<Record<string, string | VariableError>>;
}

// Bound to the asynchronous context, so that concurrent tests have separate hosts.
const current = new AsyncLocalStorage<NativeHost>();

/** Calls `callback` with `host` as its host. */
export function runWithHost<Result>(host: NativeHost, callback: () => Result): Result {
  return current.run(host, callback);
}

/** The import of the host of {@link runWithHost}. */
const sendRequest: SendRequest = (request) => {
  const host = current.getStore();
  if (!host) {
    throw refusal(REASONS.noHost, {});
  }
  return host.sendRequest(request);
};

/** The names of variables: words that begin with a letter (Spin's manifest). */
export const VARIABLE_NAME = /^[a-z][a-z0-9]*(?:_[a-z][a-z0-9]*)*$/;

/** The variables of the host of {@link runWithHost}, with the errors of a host. */
export const getVariable: GetVariable = (variable) => {
  const host = current.getStore();
  if (!host) {
    const message = `variables.get(${JSON.stringify(variable)}): this program does not run inside a Spin host; pass \`variables\` to the MockAgent of spin-fetch/testing, and call it in agent.run(…)`;
    throw new VariableError("no-host", message, { variable });
  }
  const shown = JSON.stringify(variable);
  if (!VARIABLE_NAME.test(variable)) {
    throw { payload: { tag: "invalid-name", val: `${shown} is not the name of a variable` } };
  }
  const value = Object.hasOwn(host.variables, variable) ? host.variables[variable] : undefined;
  if (value instanceof VariableError) throw value;
  if (value !== undefined) return value;
  throw {
    payload: { tag: "undefined", val: `the MockAgent of this test has no variable ${shown}` },
  };
};

/** The environment variables of the host of {@link runWithHost}; empty without one. */
export function environment(): Readonly<Record<string, string>> {
  return { ...current.getStore()?.environment };
}

/** Always `serving`, because Node has no build phase. */
export function phase(): Phase {
  return "serving";
}

/** Does nothing, because Node has no build phase. */
export function enter(_phase: Phase): void {}

/** Sends requests to the host of {@link runWithHost}. */
export const transport = spinTransport(sendRequest, environment);

/** Always `false`, because Node has no build phase. */
export function isBuilding(): boolean {
  return false;
}
