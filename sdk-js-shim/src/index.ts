/**
 * The standard `fetch` for components on Spin. Importing it makes `fetch`, `Headers`, `Request`
 * and `Response` global.
 *
 * @module
 */

import { environment as environmentOfHost, sendRequest } from "#host";
import { createObjectURL, revokeObjectURL } from "./blob-url.js";
import { createFetch } from "./fetch.js";
import { Headers } from "./headers.js";
import { polyfillEngine } from "./polyfill.js";
import { Request } from "./request.js";
import { Response } from "./response.js";

export { SpinHttpError, type SpinHttpErrorCode } from "./error.js";
export { headerList } from "./headers.js";

/**
 * Sends a request and resolves with its response: the standard `fetch`, also global.
 *
 * The URL is an http or https one, `/path` for a call to the component's own application, or a
 * `data:` or `blob:` one. Any status is a response, 404 and 500 too. The host follows redirects.
 * The call blocks the component until the whole response is there; a README section lists what
 * follows from that.
 *
 * It never throws: a failed call rejects with a `TypeError` whose `cause` is a
 * {@link SpinHttpError}, and an aborted one with the reason of its signal.
 *
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { fetch } from "spin-fetch";
 *
 * const response = await fetch("data:text/plain,hello");
 * assert.equal(response.status, 200);
 * assert.equal(await response.text(), "hello");
 * ```
 */
export const fetch = createFetch(sendRequest) as unknown as typeof globalThis.fetch;

/**
 * The environment variables of the component, by name: those that the manifest's `environment` or
 * `--env` names, and nothing of the host's own. Empty while the component is built.
 *
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { environment } from "spin-fetch";
 *
 * assert.deepEqual(environment(), {});
 * ```
 */
export function environment(): Readonly<Record<string, string>> {
  return environmentOfHost();
}

polyfillEngine();
install(globalThis, { fetch, Headers, Request, Response });
install(URL, { createObjectURL, revokeObjectURL });

/** Globals are no enumerable properties, and can be replaced. */
function install(target: object, members: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(target, name, { value, writable: true, configurable: true });
  }
}
