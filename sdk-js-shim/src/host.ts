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

/**
 * What a component does: its top level runs, it handles the request with which the build rehearses, or it handles one of
 * a host.
 */
export type Phase = "build" | "rehearsal" | "serving";

/** The phase. Always `serving` in Node. */
export declare function phase(): Phase;

/** Begins a phase. Does nothing in Node. */
export declare function enter(phase: Phase): void;

/** Whether the component is being built, which the rehearsal belongs to. Never true in Node. */
export declare function isBuilding(): boolean;
