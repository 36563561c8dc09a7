/**
 * The imports of the host. `host-spin.ts` and `wasi/host.ts` implement them in a component of each backend,
 * `host-native.ts` in Node.
 */

import type { Transport } from "./transport.js";
import type { GetVariable } from "./wire.js";

/** Sends the requests of `fetch`. */
export declare const transport: Transport;

/** The import `fermyon:spin/variables.get`. A component has it only if the program uses it. */
export declare const getVariable: GetVariable;

/** The environment variables that the manifest or the command line sets. */
export declare function environment(): Readonly<Record<string, string>>;

/** Marks the end of the build, so that the import can be called. */
export declare function startServing(): void;

/** Ends a rehearsal: the component is being built again, and keeps nothing of that host. Does nothing in Node. */
export declare function stopServing(): void;

/** Whether the top level of the program runs, to build a component. Never true in Node. */
export declare function isBuilding(): boolean;
