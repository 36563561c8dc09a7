/** The imports of the host. `host-guest.ts` implements them in a component, `host-native.ts` in Node. */

import type { GetVariable, SendRequest } from "./wire.js";

/** The import `fermyon:spin/http.send-request`. */
export declare const sendRequest: SendRequest;

/** The import `fermyon:spin/variables.get`. A component has it only if the program uses it. */
export declare const getVariable: GetVariable;

/** The environment variables that the manifest or the command line sets. */
export declare function environment(): Readonly<Record<string, string>>;

/** Marks the end of the build, so that the import can be called. */
export declare function startServing(): void;

/** Whether the top level of the program runs, to build a component. Never true in Node. */
export declare function isBuilding(): boolean;
