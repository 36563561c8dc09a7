import { AsyncLocalStorage } from "node:async_hooks";
import { refusal } from "./error.js";
import { REASONS } from "./reasons.js";
import type { SendRequest } from "./wire.js";

/** What stands for the host in a test. */
interface NativeHost {
  sendRequest: SendRequest;
  environment: Readonly<Record<string, string>>;
}

// Bound to the asynchronous call, so that tests at the same time have a host each.
const current = new AsyncLocalStorage<NativeHost>();

/** Calls `callback`, for which `host` is the host. */
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

/** The environment variables of the host of {@link runWithHost}; none without it. */
export function environment(): Readonly<Record<string, string>> {
  return { ...current.getStore()?.environment };
}

/** In Node there is no build to tell apart. */
export function startServing(): void {}
