import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { componentize } from "@bytecodealliance/componentize-js";
import type { Bundle } from "./bundle.js";
import { readWorld, WORLD_NAME } from "./world.js";

type ComponentizeOptions = Parameters<typeof componentize>[0];

/** What was built. */
export interface BuildResult {
  /** The size of the component in bytes. */
  bytes: number;
  /** The time that it took, in milliseconds. */
  milliseconds: number;
  /** The files that the component was made of, as absolute paths. */
  inputs: string[];
}

/** Makes a component of a bundle and writes it, with its source map beside it. */
export async function writeComponent(
  { code, map, inputs }: Bundle,
  output: string,
  start: number,
): Promise<BuildResult> {
  const options = {
    sourceName: "app.js",
    witWorld: await readWorld(),
    worldName: WORLD_NAME,
    // Without them the import is the only way to HTTP; `fetch` is the shim's.
    disableFeatures: ["http", "fetch-event"],
  };
  // The types of componentize-js do not know `sourceName` and `witWorld`.
  const { component } = await componentize(code, options as unknown as ComponentizeOptions);
  await mkdir(dirname(resolve(output)), { recursive: true });
  await writeFile(`${output}.map`, map);
  // A host that watches the component never sees a part of it.
  const partial = `${output}.partial`;
  await writeFile(partial, component);
  await rename(partial, output);
  return { bytes: component.byteLength, milliseconds: performance.now() - start, inputs };
}
