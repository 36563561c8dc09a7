import { AsyncLocalStorage } from "node:async_hooks";
import { refusal } from "./error.js";
import { REASONS } from "./reasons.js";
import type { SendRequest } from "./wire.js";

/** The host of a test. */
interface NativeHost {
  sendRequest: SendRequest;
  environment: Readonly<Record<string, string>>;
}

// Bound to the asynchronous context, so that concurrent tests have separate hosts.
const current = new AsyncLocalStorage<NativeHost>();

/** Calls `callback` with `host` as its host. */
export function runWithHost<Result>(host: NativeHost, callback: () => Result): Result {
  return current.run(host, callback);
}

/** The import of the host of {@link runWithHost}. */
export const sendRequest: SendRequest = (request) => {
  const host = current.getStore();
  if (!host) {
    throw refusal(REASONS.noHost, {});
  }
  return host.sendRequest(request);
};

/** The environment variables of the host of {@link runWithHost}; empty without one. */
export function environment(): Readonly<Record<string, string>> {
  return { ...current.getStore()?.environment };
}

/** Does nothing, because Node has no build phase. */
export function startServing(): void {}

/** Always `false`, because Node has no build phase. */
export function isBuilding(): boolean {
  return false;
}
