/** Runs the rehearsal in a thread of its own, because code of the program may not end. `rehearse.ts` starts it. */

import { parentPort, workerData } from "node:worker_threads";
import { BODY, type Range, RehearsalHost } from "./host.js";

/** What the worker posts. */
export type Outcome =
  | { kind: "rehearsed"; memory: Uint8Array<ArrayBuffer> }
  /** The engine did not find the exports of the world in the program, because its top level has not ended. */
  | { kind: "unfinished" }
  | { kind: "failed"; reason: string };

/** A snapshot, and the module that it was made of. */
export interface Modules {
  snapshot: Uint8Array;
  engine: Uint8Array;
}

parentPort?.postMessage(await run(workerData as Modules));

async function run({ snapshot, engine }: Modules): Promise<Outcome> {
  const host = new RehearsalHost(variablesIn(await compile(engine)));
  const exports = await host.instantiate(await compile(snapshot));
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

/**
 * Where a module has its static data. Its memory begins with the stack, which is empty before the module runs, and has
 * no heap yet.
 */
function variablesIn(engine: WebAssembly.Module): Range {
  const imports: Record<string, Record<string, () => void>> = {};
  for (const { module, name } of WebAssembly.Module.imports(engine)) {
    imports[module] ??= {};
    imports[module][name] = () => {};
  }
  const { memory } = new WebAssembly.Instance(engine, imports).exports;
  const bytes = new Uint8Array((memory as WebAssembly.Memory).buffer);
  return { start: bytes.findIndex((byte) => byte !== 0), end: bytes.byteLength };
}

function compile(module: Uint8Array): Promise<WebAssembly.Module> {
  return WebAssembly.compile(module as Uint8Array<ArrayBuffer>);
}

function failed(reason: string, { output }: RehearsalHost): Outcome {
  return { kind: "failed", reason: `${reason}\n${output}`.trimEnd() };
}
