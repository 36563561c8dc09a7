/** What the host gives a component. `host-guest.ts` is a component's, `host-native.ts` Node's. */

import type { SendRequest } from "./wire.js";

/** The import `fermyon:spin/http.send-request`. */
export declare const sendRequest: SendRequest;

/** The environment variables that the manifest or the command line names. */
export declare function environment(): Readonly<Record<string, string>>;

/** Says that requests come in, so that the import may be called. */
export declare function startServing(): void;
