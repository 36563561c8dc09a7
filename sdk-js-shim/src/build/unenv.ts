import { createRequire } from "node:module";
import { join } from "node:path";

/** The part of unenv that the build uses. */
interface Unenv {
  env(...presets: unknown[]): { alias: Record<string, string> };
  nodeless: unknown;
}

/**
 * The modules of unenv that replace those of Node, by name.
 *
 * @throws Error if unenv is not installed where the program is.
 */
export function nodeModules(folder: string): Record<string, string> {
  const require = createRequire(join(folder, "program.js"));
  let unenv: Unenv;
  try {
    unenv = require("unenv") as Unenv;
  } catch (cause) {
    const message = "--unenv needs the package unenv; install it with `npm install unenv@1`";
    throw new Error(message, { cause });
  }
  const { alias } = unenv.env(unenv.nodeless);
  // A path, because esbuild would resolve the name from each file that imports it.
  const paths = Object.entries(alias).map(([name, path]) => [name, resolveModule(path, require)]);
  return Object.fromEntries(paths.filter(([, path]) => path !== undefined)) as Record<
    string,
    string
  >;
}

/** The file of a module: that of `import`, if there is one. */
function resolveModule(name: string, require: NodeRequire): string | undefined {
  try {
    return require.resolve(name).replace(/\.cjs$/, ".mjs");
  } catch {
    return undefined;
  }
}
