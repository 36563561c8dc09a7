import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { componentize } from "@bytecodealliance/componentize-js";
import type { Bundle } from "./bundle.js";
import { readWorld, WORLD_NAME } from "./world.js";

type ComponentizeOptions = Parameters<typeof componentize>[0];

/** The result of a build. */
export interface BuildResult {
  /** The size of the component in bytes. */
  bytes: number;
  /** The duration of the build in milliseconds. */
  milliseconds: number;
  /** The files that the component was built from, as absolute paths. */
  inputs: string[];
}

/** Builds a component from a bundle, and writes it and its source map. */
export async function writeComponent(
  { code, map, inputs }: Bundle,
  output: string,
  start: number,
): Promise<BuildResult> {
  const options = {
    sourceName: "app.js",
    witWorld: await readWorld(),
    worldName: WORLD_NAME,
    // `fetch` of the engine uses `wasi:http`. Without it, the component imports `fermyon:spin/http` only.
    disableFeatures: ["http", "fetch-event"],
  };
  // The types of componentize-js lack `sourceName` and `witWorld`.
  const { component } = await componentize(code, options as unknown as ComponentizeOptions);
  await mkdir(dirname(resolve(output)), { recursive: true });
  await writeFile(`${output}.map`, map);
  // Rename the complete file, so that a host that watches it never reads a part of it.
  const partial = `${output}.partial`;
  await writeFile(partial, component);
  await rename(partial, output);
  return { bytes: component.byteLength, milliseconds: performance.now() - start, inputs };
}
