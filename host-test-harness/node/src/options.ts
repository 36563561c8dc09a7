/** Options: their names, and the paths in them. */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Refuses options that would be ignored, such as a misspelt one.
 *
 * @throws TypeError
 */
export function assertKnownKeys(
  options: unknown,
  known: readonly string[],
  what: string,
): asserts options is object {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${what}: ${String(options)} is not an object of options`);
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new TypeError(`${what}: unknown option \`${key}\`; the options are ${known.join(", ")}`);
  }
}

/** An absolute path: the harness may have another working directory. */
export function absolutePath(path: string | URL, what: string): string {
  if (path instanceof URL) return fileURLToPath(path);
  if (typeof path === "string" && path !== "") return resolve(path);
  throw new TypeError(
    `${what}: ${JSON.stringify(path)} is not a path; pass a string or a file URL`,
  );
}
