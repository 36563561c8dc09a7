/**
 * Makes a component of the engine and a program: runs the top level of the program with Wizer, rehearses a request,
 * and keeps the engine's memory.
 */

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { componentNew, metadataAdd, preview1AdapterReactorPath } from "@bytecodealliance/jco";
import wizer from "@bytecodealliance/wizer";
import { collectSooner } from "./collector.js";
import { trimGlue } from "./glue.js";
import { keepRandom } from "./random.js";
import { rehearse, UnfinishedError } from "./rehearsal/rehearse.js";
import { engineVersion, type Feature, loadSplicer, readEngine } from "./splicer.js";
import type { Backend } from "./world.js";

/** The name of the program in the stacks of the engine. */
export const PROGRAM = "app.js";

const FEATURES: readonly Feature[] = ["stdio", "clocks", "random"];

/**
 * The groups of imports that do not trap in a component. The engine's own `fetch` is never called, but
 * componentize-js would make the imports of the program trap too, which have the same names.
 */
const LINKED_FEATURES: Readonly<Record<Backend, readonly Feature[]>> = {
  spin: FEATURES,
  "wasi-http": [...FEATURES, "http"],
};

/** A component, and what the program and the engine wrote to stderr while it was built. */
export interface EngineResult {
  component: Uint8Array;
  stderr: string;
  /** Why the rehearsal of a request failed; `undefined` if it did not. */
  failure: string | undefined;
}

/** The engine failed while it ran the top level of the program. */
export class EngineError extends Error {
  /** The output of the program, the engine and Wizer. */
  readonly stderr: string;
  /** Whether the top level still awaits something. */
  readonly isUnfinished: boolean;

  constructor(stderr: string, isUnfinished: boolean) {
    super("the top level of the program failed");
    this.stderr = stderr;
    this.isUnfinished = isUnfinished;
  }
}

/**
 * Builds a component from a program without imports other than those of the world.
 *
 * @throws EngineError if the top level of the program fails or does not end.
 */
export async function buildWithEngine(
  code: string,
  { world: witWorld, name: worldName, backend }: { world: string; name: string; backend: Backend },
): Promise<EngineResult> {
  const splicer = await loadSplicer();
  const spliced = splicer.spliceBindings(
    await readEngine(),
    FEATURES,
    witWorld,
    undefined,
    worldName,
    false,
  );
  const folder = await mkdtemp(join(tmpdir(), "spin-fetch-"));
  try {
    await writeFile(join(folder, "engine.wasm"), spliced.wasm);
    await writeFile(join(folder, "initializer.js"), trimGlue(spliced.jsBindings));
    await writeFile(join(folder, PROGRAM), code);
    const stderr = await runWizer(folder, environmentOf(spliced));
    const snapshot = collectSooner(await readFile(join(folder, "snapshot.wasm")));
    const rehearsed = await rehearse(snapshot, spliced.wasm).catch((error) => {
      throw error instanceof UnfinishedError ? new EngineError(stderr, true) : error;
    });
    const adapterOfHost = await readFile(preview1AdapterReactorPath());
    const { module, adapter } = keepRandom(rehearsed.snapshot, adapterOfHost);
    const linked = LINKED_FEATURES[backend];
    const stubbed = splicer.stubWasi(module, linked, witWorld, undefined, worldName);
    const component = await componentNew(stubbed, [["wasi_snapshot_preview1", adapter]]);
    const metadata: [string, [string, string][]][] = [
      ["language", [["JavaScript", ""]]],
      ["processed-by", [["ComponentizeJS", await engineVersion()]]],
    ];
    const { failure } = rehearsed;
    return { component: await metadataAdd(component, metadata), stderr, failure };
  } finally {
    await rm(folder, { recursive: true });
  }
}

type Spliced = ReturnType<Awaited<ReturnType<typeof loadSplicer>>["spliceBindings"]>;

/** The environment by which the engine learns the imports and exports. */
function environmentOf({ exports, imports }: Spliced): Record<string, string> {
  const environment: Record<string, string> = {
    DEBUG: "",
    SOURCE_NAME: PROGRAM,
    FEATURE_CLOCKS: "1",
    EXPORT_CNT: String(exports.length),
    IMPORT_CNT: String(imports.length),
  };
  for (const [index, [name, { params, paramptr, ret, retptr, retsize }]] of exports.entries()) {
    environment[`EXPORT${index}_NAME`] = name;
    environment[`EXPORT${index}_ARGS`] = (paramptr ? "*" : "") + params.join(",");
    environment[`EXPORT${index}_RET`] = (retptr ? "*" : "") + (ret ?? "");
    environment[`EXPORT${index}_RETSIZE`] = String(retsize);
  }
  for (const [index, [, name, argumentCount]] of imports.entries()) {
    environment[`IMPORT${index}_NAME`] = name;
    environment[`IMPORT${index}_ARGCNT`] = String(argumentCount);
  }
  return environment;
}

/** Runs the top level of the program. Returns what was written to stderr. */
async function runWizer(folder: string, environment: Record<string, string>): Promise<string> {
  const words = [
    "--allow-wasi",
    "--init-func=componentize.wizer",
    `--mapdir=/::${folder}`,
    "--wasm-bulk-memory=true",
    "--inherit-env=true",
    `-o=${join(folder, "snapshot.wasm")}`,
    join(folder, "engine.wasm"),
  ];
  // What the program logs while it is built goes to stderr, because stdout has the result of the command.
  const child = spawn(wizer, words, { env: environment, stdio: ["pipe", "pipe", "pipe"] });
  const closed = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  child.stdin.end(`--initializer-script-path /initializer.js --strip-path-prefix / /${PROGRAM}`);
  child.stdout.pipe(process.stderr, { end: false });
  const [code, stderr] = await Promise.all([closed, text(child.stderr)]);
  if (code !== 0) throw new EngineError(stderr, false);
  return stderr;
}
