/**
 * Sends a component one request while it is built, and keeps what its memory is then (`src/rehearsal.ts` says why).
 *
 * Wizer runs the top level of the program, but cannot call an export with arguments, or implement imports other than
 * those of WASI. So the snapshot that it makes runs here, in Node.
 */

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { replaceMemory } from "./module.js";
import type { Modules, Outcome } from "./worker.js";

/** How long a rehearsal may take, in milliseconds. It takes some tenths of a second. */
const LIMIT_MS = 20_000;

/** A snapshot after its rehearsal. */
export interface Rehearsed {
  /** Unchanged if the rehearsal failed. */
  snapshot: Uint8Array;
  /** Why the rehearsal failed, usually because the program replaces what the SDK uses. */
  failure?: string;
}

/** The engine did not find the exports of the world in the program, because its top level has not ended. */
export class UnfinishedError extends Error {}

/**
 * Gives `snapshot` the memory that it has after a request. `engine` is the module that the snapshot was made of.
 *
 * @throws UnfinishedError if the top level of the program has not ended.
 */
export async function rehearse(snapshot: Uint8Array, engine: Uint8Array): Promise<Rehearsed> {
  const outcome = await outcomeOf({ snapshot, engine });
  switch (outcome.kind) {
    case "rehearsed":
      return { snapshot: replaceMemory(snapshot, outcome.memory) };
    case "unfinished":
      throw new UnfinishedError();
    case "failed":
      return { snapshot, failure: outcome.reason };
  }
}

async function outcomeOf(modules: Modules): Promise<Outcome> {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: modules });
  try {
    const [outcome] = await once(worker, "message", { signal: AbortSignal.timeout(LIMIT_MS) });
    return outcome as Outcome;
  } catch (error) {
    if (!(error instanceof Error && error.name === "AbortError")) throw error;
    return { kind: "failed", reason: `it does not end within ${LIMIT_MS / 1000} s` };
  } finally {
    await worker.terminate();
  }
}
