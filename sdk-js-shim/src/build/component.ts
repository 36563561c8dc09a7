import { mkdir, realpath, rename, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Bundle } from "./bundle.js";
import { explainFailure, explainRejections, logOf, warningsIn } from "./diagnosis.js";
import { buildWithEngine, EngineError, type EngineResult } from "./engine.js";
import { refuseNodeGlobals, warnOfIntl, withoutMarks } from "./missing-globals.js";
import { normalizationTable } from "./normalization.js";
import { expandUnicodeProperties } from "./regexp.js";
import { SourceMap } from "./source-map.js";
import { type Backend, type Interface, readWorld, WORLD_NAME } from "./world.js";

/** The result of a build. */
export interface BuildResult {
  /** The size of the component in bytes. */
  bytes: number;
  /** The duration of the build in milliseconds. */
  milliseconds: number;
  /** The files that the component was built from, as absolute paths. */
  inputs: string[];
  /** What the program does that is unlikely to be intended, each with its place. */
  warnings: string[];
}

/** Builds a component from a bundle, and writes it and its source map. */
export async function writeComponent(
  { code, map, folder, inputs, interfaces, backend }: Bundle,
  output: string,
  start: number,
): Promise<BuildResult> {
  await assertIsOutput(output, inputs);
  const sources = new SourceMap(map, folder);
  const { component, stderr, failure } = await runTopLevel(code, sources, backend, interfaces);
  const log = logOf(stderr);
  if (log !== "") process.stderr.write(`${log}\n`);
  await mkdir(dirname(resolve(output)), { recursive: true });
  await writeFile(`${output}.map`, map);
  // Rename the complete file, so that a host that watches it never reads a part of it.
  const partial = `${output}.partial`;
  await writeFile(partial, component);
  await rename(partial, output);
  return {
    bytes: component.byteLength,
    milliseconds: performance.now() - start,
    inputs,
    warnings: [
      ...warnOfIntl(code, sources),
      ...warningsIn(stderr, sources),
      ...warnOfRehearsal(failure, sources),
    ],
  };
}

function warnOfRehearsal(failure: string | undefined, sources: SourceMap): string[] {
  if (failure === undefined) return [];
  const text =
    "the component works, but the first request of each instance takes longer, because the build cannot rehearse a request, " +
    "usually because the program replaces what the SDK uses";
  return [`${text}: ${sources.translate(failure)}`];
}

/** @throws Error if a build to `output` would overwrite the program, or cannot write a file there. */
async function assertIsOutput(output: string, inputs: readonly string[]): Promise<void> {
  for (const path of [output, `${output}.map`, `${output}.partial`]) {
    const real = await realpath(path).catch(() => resolve(path));
    if (inputs.includes(real)) {
      throw new Error(`the output ${path} is a file of the program; pass another path`);
    }
  }
  const found = await stat(output).catch(() => undefined);
  if (output === "" || found?.isDirectory()) {
    throw new Error(`the output ${JSON.stringify(output)} is not the path of a file; pass one`);
  }
}

async function runTopLevel(
  code: string,
  sources: SourceMap,
  backend: Backend,
  interfaces: readonly Interface[],
): Promise<EngineResult> {
  refuseNodeGlobals(code, sources);
  const program = fillTables(expandUnicodeProperties(withoutMarks(code)), sources);
  let result: EngineResult;
  try {
    const world = await readWorld(backend, interfaces);
    result = await buildWithEngine(program, { world, name: WORLD_NAME, backend });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new Error(error.isUnfinished ? UNFINISHED : explainFailure(error.stderr, sources));
  }
  const rejections = explainRejections(result.stderr, sources);
  if (rejections !== undefined) throw new Error(rejections);
  return result;
}

/** The text in `src/stack.ts` that stands for the line table. */
const LINES = '"__SPIN_FETCH_LINES__"';
/** The text in `src/normalize.ts` that stands for the table of normalization. */
const NORMALIZATION = '"__SPIN_FETCH_NORMALIZATION__"';

/** Puts the tables into the SDK. Each is in one line, so the lines of the bundle do not move. */
function fillTables(code: string, sources: SourceMap): string {
  const filled = code.replace(LINES, () => JSON.stringify(sources.lineTable()));
  if (!/\.normalize\b/.test(filled)) return filled;
  return filled.replace(NORMALIZATION, () => JSON.stringify(normalizationTable()));
}

const UNFINISHED =
  "the top level of the program awaits a promise that nothing settles while the component is built; await it in a handler";
