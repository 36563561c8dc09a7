/** Runs the rehearsal in a thread of its own, because code of the program may not end. `rehearse.ts` starts it. */

import { parentPort, workerData } from "node:worker_threads";
import { BODY, RehearsalHost } from "./host.js";

/** What the worker posts. */
export type Outcome =
  | { kind: "rehearsed"; memory: Uint8Array<ArrayBuffer> }
  /** The engine did not find the exports of the world in the program, because its top level has not ended. */
  | { kind: "unfinished" }
  | { kind: "failed"; reason: string };

parentPort?.postMessage(await run(workerData as Uint8Array<ArrayBuffer>));

async function run(snapshot: Uint8Array<ArrayBuffer>): Promise<Outcome> {
  const host = new RehearsalHost();
  const exports = await host.instantiate(await WebAssembly.compile(snapshot));
  if (exports.check_init?.() !== 0) return { kind: "unfinished" };
  try {
    const { status, body } = host.handle();
    if (host.output !== "") return failed("the program writes a log in it", host);
    if (status !== 200 || body !== BODY) {
      return failed(`its response has status ${status} and the body ${JSON.stringify(body)}`, host);
    }
    host.forgetRequest();
    return { kind: "rehearsed", memory: new Uint8Array(exports.memory.buffer).slice() };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error), host);
  }
}

function failed(reason: string, { output }: RehearsalHost): Outcome {
  return { kind: "failed", reason: `${reason}\n${output}`.trimEnd() };
}
