import { sendRequest as send } from "fermyon:spin/http";
import { getEnvironment } from "wasi:cli/environment@0.2.0";
import { refusal } from "./error.js";
import { REASONS } from "./reasons.js";
import type { SendRequest } from "./wire.js";

// The top level of a program runs while it is built, and what is there becomes the component.
let isServing = false;

/** The import `fermyon:spin/http.send-request`. */
export const sendRequest: SendRequest = (request) => {
  if (!isServing) {
    throw refusal(REASONS.noHostDuringBuild, {});
  }
  return send(request);
};

/** The environment variables that the manifest or the command line names. */
export function environment(): Readonly<Record<string, string>> {
  return isServing ? Object.fromEntries(getEnvironment()) : {};
}

/** Says that requests come in, so that the import may be called. */
export function startServing(): void {
  isServing = true;
}
