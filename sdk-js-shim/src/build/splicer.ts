/**
 * The parts of componentize-js, which its package does not export.
 *
 * `componentize()` of the package is not used, because it drops what the engine says on stderr, such
 * as promises that nobody handles, and it makes every random number of OpenSSL end the instance. The
 * version is pinned, and the tests of components fail if these parts change.
 */

import { readFile } from "node:fs/promises";

/** A group of imports of the engine. */
export type Feature = "stdio" | "clocks" | "random" | "http" | "fetch-event";

/** The signature of an export, in types of core WebAssembly. */
interface CoreFunction {
  params: string[];
  ret?: string;
  retptr: boolean;
  retsize: number;
  paramptr: boolean;
}

interface Splicer {
  spliceBindings(
    engine: Uint8Array,
    features: readonly Feature[],
    witWorld: string,
    witPath: undefined,
    worldName: string,
    debug: boolean,
  ): {
    wasm: Uint8Array;
    jsBindings: string;
    exports: [name: string, function_: CoreFunction][];
    imports: [module: string, name: string, argumentCount: number][];
  };
  stubWasi(
    engine: Uint8Array,
    features: readonly Feature[],
    witWorld: string,
    witPath: undefined,
    worldName: string,
  ): Uint8Array;
}

const PACKAGE = new URL("../", import.meta.resolve("@bytecodealliance/componentize-js"));

/** Reads the engine, a core module. */
export function readEngine(): Promise<Uint8Array> {
  return readFile(new URL("lib/starlingmonkey_embedding.wasm", PACKAGE));
}

/** Loads the functions that connect the engine with a world. */
export async function loadSplicer(): Promise<Splicer> {
  const url = new URL("lib/spidermonkey-embedding-splicer.js", PACKAGE);
  return ((await import(url.href)) as { splicer: Splicer }).splicer;
}

/** The version of the engine's package. */
export async function engineVersion(): Promise<string> {
  const text = await readFile(new URL("package.json", PACKAGE), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
