/**
 * The standard `fetch` for components on Spin. Importing it makes `fetch`, `Headers`, `Request`
 * and `Response` global.
 *
 * The package has its own `Headers`, `Request` and `Response`, although the engine (StarlingMonkey)
 * has these classes too. The engine's `fetch` sends requests through its own imports of `wasi:http`. It
 * gives no error codes, decodes no content, and does not handle redirects as Fetch says. Its classes do
 * not expose what the SDK needs: each header value separately, the bytes of a buffered body without a
 * copy, and whether a URL was passed as `/path`. The classes of the package also run in Node, where tests
 * use them.
 *
 * @module
 */

import { environment as environmentOfHost, transport } from "#host";
import { createObjectURL, revokeObjectURL } from "./blob-url.js";
import { completeConsole } from "./console.js";
import { define } from "./define.js";
import { createFetch } from "./fetch.js";
import { Headers } from "./headers.js";
import { completeLocales } from "./locale.js";
import { completeStrings } from "./normalize.js";
import { polyfillEngine } from "./polyfill.js";
import { defineProcess } from "./process.js";
import { Request } from "./request.js";
import { Response } from "./response.js";
import { thawSnapshot } from "./snapshot.js";
import { translateStacks } from "./stack.js";
import { refuseToClone } from "./structured-clone.js";
import { completeSubtle } from "./subtle.js";
import { rememberTimeouts } from "./timeout.js";
import { reportFromCallbacks } from "./timers.js";

export { SpinHttpError, type SpinHttpErrorCode } from "./error.js";
export { headerList } from "./headers.js";
export { VariableError, type VariableErrorCode } from "./variable-error.js";
export { variables } from "./variables.js";

/**
 * Sends a request and resolves with its response: the standard `fetch`, also global.
 *
 * The URL is an absolute http or https URL, `/path` to call the component's own application, or a
 * `data:` or `blob:` URL. Any status is a response, including 404 and 500.
 *
 * Over `fermyon:spin/http` the host follows redirects, unless the environment variable
 * `SPIN_FETCH_REDIRECTS` says that it returns them, and the call blocks the component until the whole
 * response has arrived; the section "Limits" of the README lists the consequences. Over `wasi:http`, calls
 * run at the same time, bodies stream, and `signal` and `redirect` work as the standard says.
 *
 * A failed call rejects with a `TypeError` whose `cause` is a {@link SpinHttpError}. An aborted
 * call rejects with the reason of its signal. `fetch` never throws synchronously.
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
export const fetch = createFetch(transport) as unknown as typeof globalThis.fetch;

/**
 * The environment variables of the component, by name. The manifest's `environment` or `--env`
 * sets them; variables of the host are not included. Empty while the component is built.
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

translateStacks();
completeConsole();
thawSnapshot();
completeSubtle();
completeStrings();
completeLocales();
reportFromCallbacks();
defineProcess();
polyfillEngine();
rememberTimeouts();
define(globalThis, { fetch, Headers, Request, Response });
refuseToClone();
define(URL, { createObjectURL, revokeObjectURL });
