/**
 * Builds a component from a program.
 *
 * @module
 */

import { resolve } from "node:path";
import { type BundleOptions, bundle, watchBundle } from "./bundle.js";
import { type BuildResult, writeComponent } from "./component.js";
import { BACKENDS, type Backend } from "./world.js";

export type { BuildResult } from "./component.js";
export type { Backend } from "./world.js";

/** The options of a build. */
export interface BuildOptions {
  /** The path of the program, in JavaScript or TypeScript, relative to the working directory. */
  entry: string;
  /** The path of the component. Its source map is written to `output` + `.map`. */
  output: string;
  /**
   * Whether to replace modules of Node, and `Buffer`, by those of the package unenv, which must be
   * installed where the program is. Default: `false`, and a program that needs them does not build.
   */
  unenv?: boolean;
  /**
   * The import over which the component makes its calls: `spin` is `fermyon:spin/http`, and `wasi-http` is
   * `wasi:http` 0.2. Default: `spin`.
   */
  backend?: Backend;
}

/**
 * Bundles a program, builds a component from it, and writes the component and its source map.
 *
 * The code is not minified, so stack traces have the names of the program's functions. The top level
 * of the program runs during the build, and the component contains its state. Call `fetch` in a
 * handler only.
 *
 * @throws Error if the program cannot be bundled, or if its top level fails. TypeError if the backend is unknown.
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
export async function build({ entry, output, ...options }: BuildOptions): Promise<BuildResult> {
  const start = performance.now();
  return writeComponent(await bundle(resolve(entry), toBundleOptions(options)), output, start);
}

/** @throws TypeError if the backend is unknown */
function toBundleOptions({
  unenv = false,
  backend = "spin",
}: Pick<BuildOptions, "unenv" | "backend">): BundleOptions {
  if (BACKENDS.includes(backend)) return { unenv, backend };
  throw new TypeError(
    `the backend ${String(backend)} does not exist; use ${BACKENDS.join(" or ")}`,
  );
}

/**
 * Builds now, and again whenever a file of the program changes, until `stop` is called.
 *
 * Calls `report` with each result. A failed build is reported as an `Error` and does not end the watch.
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
  { entry, output, ...options }: BuildOptions,
  report: (result: BuildResult | Error) => void,
): Promise<{ stop(): Promise<void> }> {
  return watchBundle(resolve(entry), toBundleOptions(options), async (bundle) => {
    const start = performance.now();
    report(
      bundle instanceof Error
        ? bundle
        : await writeComponent(bundle, output, start).catch((error: Error) => error),
    );
  });
}
