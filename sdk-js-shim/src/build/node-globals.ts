import type { SourceMap } from "./source-map.js";

/** The globals of Node that a component does not have, and what to use. */
const GLOBALS = {
  Buffer: "use Uint8Array with TextEncoder, TextDecoder, toBase64 and toHex",
  setImmediate: "use setTimeout",
  clearImmediate: "use clearTimeout",
  __dirname: "import the data instead of reading a file",
  __filename: "import the data instead of reading a file",
} as const;

const MARK = "__spin_fetch_node_global_";
const MARKED = new RegExp(`(typeof\\s+)?\\b${MARK}(\\w+)`, "g");

/** Makes esbuild mark each reference to such a global that the program does not define. */
export const MARKS: Record<string, string> = Object.fromEntries(
  Object.keys(GLOBALS).map((name) => [name, MARK + name]),
);

/** Restores the names of the marked globals. */
export function withoutMarks(code: string): string {
  return code.replaceAll(MARK, "");
}

/**
 * Finds files that need a global of Node.
 *
 * A file that asks `typeof Buffer` has something else to use. A program that defines the global
 * itself has it everywhere.
 *
 * @throws Error that names each file and line.
 */
export function refuseNodeGlobals(code: string, map: SourceMap): void {
  const needed = new Map<string, string>();
  const checked = new Set<string>();
  for (const [index, line] of code.split("\n").entries()) {
    for (const { 1: check, 2: name = "", index: column } of line.matchAll(MARKED)) {
      const place = map.find(index + 1, column + 1);
      if (!place || new RegExp(`(?:globalThis|self)\\.${name}\\s*\\??\\?*=[^=]`).test(code))
        continue;
      const key = `${name} ${place.source}`;
      if (check) checked.add(key);
      const advice = GLOBALS[name as keyof typeof GLOBALS];
      const text = `${place.source}:${place.line}:${place.column}: ${name} is a global of Node, which a component does not have; ${advice}, or build with --unenv${map.excerpt(place)}`;
      if (!needed.has(key)) needed.set(key, text);
    }
  }
  for (const key of checked) needed.delete(key);
  if (needed.size > 0) throw new Error([...needed.values()].join("\n"));
}
