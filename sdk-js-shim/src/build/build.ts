/**
 * Builds a component from a program.
 *
 * @module
 */

import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { componentize } from "@bytecodealliance/componentize-js";
import { type Bundle, bundle, watchBundle } from "./bundle.js";
import { readWorld, WORLD_NAME } from "./world.js";

type ComponentizeOptions = Parameters<typeof componentize>[0];

/** What to build. */
export interface BuildOptions {
  /** The program, in JavaScript or TypeScript: a path, relative to the working directory. */
  entry: string;
  /** Where the component is written; its source map is written beside it, as `output` + `.map`. */
  output: string;
}

/** What was built. */
export interface BuildResult {
  /** The size of the component in bytes. */
  bytes: number;
  /** The time that it took, in milliseconds. */
  milliseconds: number;
  /** The files that the component was made of, as absolute paths. */
  inputs: string[];
}

/**
 * Bundles a program, makes a component of it, and writes component and source map.
 *
 * Nothing is minified, so the stack of an exception has the names of the program's functions.
 * The top level of the program runs now, and what is there then is in the component: `fetch` works
 * in a handler only.
 *
 * @throws Error if the program cannot be bundled, or if its top level fails.
 *
 * @example
 * ```js
 * import { mkdtemp, stat, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { build } from "spin-fetch/build";
 *
 * const folder = await mkdtemp(join(tmpdir(), "spin-fetch-"));
 * const entry = join(folder, "app.js");
 * await writeFile(entry, 'export default { fetch: () => new Response("hello") };');
 * const { bytes } = await build({ entry, output: join(folder, "app.wasm") });
 * console.log(`${bytes} bytes, as ${(await stat(join(folder, "app.wasm"))).size}`);
 * ```
 */
export async function build({ entry, output }: BuildOptions): Promise<BuildResult> {
  const start = performance.now();
  return write(await bundle(resolve(entry)), output, start);
}

/**
 * Builds now and after every change of a file that the program consists of, until it is stopped.
 *
 * `report` gets each result; an error is reported too, and the watch goes on.
 *
 * @example
 * ```js
 * import { watch } from "spin-fetch/build";
 *
 * const report = (result) => console.log(result instanceof Error ? result.message : "built");
 * const { stop } = await watch({ entry: "does-not-exist.js", output: "app.wasm" }, report);
 * await stop();
 * ```
 */
export async function watch(
  { entry, output }: BuildOptions,
  report: (result: BuildResult | Error) => void,
): Promise<{ stop(): Promise<void> }> {
  return watchBundle(resolve(entry), async (bundle) => {
    const start = performance.now();
    report(
      bundle instanceof Error
        ? bundle
        : await write(bundle, output, start).catch((error: Error) => error),
    );
  });
}

async function write(
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
