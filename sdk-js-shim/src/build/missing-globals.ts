/** Globals that programs for Node or browsers use, and that a component does not have. */

import type { Place, SourceMap } from "./source-map.js";

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

/** Makes esbuild mark each reference to such a global, and to `Intl`, that the program does not define. */
export const MARKS: Record<string, string> = Object.fromEntries(
  [...Object.keys(GLOBALS), "Intl"].map((name) => [name, MARK + name]),
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
  const texts = neededIn(code, map).flatMap(({ name, place }) => {
    if (name === "Intl") return [];
    const advice = GLOBALS[name as keyof typeof GLOBALS];
    return `${at(place)}: ${name} is a global of Node, which a component does not have; ${advice}, or build with --unenv${map.excerpt(place)}`;
  });
  if (texts.length > 0) throw new Error(texts.join("\n"));
}

/**
 * Warns of files of the program that need `Intl`. Many packages refer to it in functions that a program
 * never calls, so those are left out.
 */
export function warnOfIntl(code: string, map: SourceMap): string[] {
  return neededIn(code, map)
    .filter(({ name, place }) => name === "Intl" && !place.source.startsWith("node_modules/"))
    .map(
      ({ place }) =>
        `${at(place)}: a component has no Intl; import a polyfill such as @formatjs/intl-numberformat, or format the value yourself${map.excerpt(place)}`,
    );
}

/** The first use of each marked global in each file that does not check for it. */
function neededIn(code: string, map: SourceMap): { name: string; place: Place }[] {
  const defined = Object.keys(MARKS).filter((name) => isDefined(name, code));
  const needed = new Map<string, { name: string; place: Place }>();
  const checked = new Set<string>();
  for (const [index, line] of code.split("\n").entries()) {
    for (const { 1: check, 2: name = "", index: column } of line.matchAll(MARKED)) {
      const place = map.find(index + 1, column + 1);
      if (!place || defined.includes(name)) continue;
      const key = `${name} ${place.source}`;
      if (check) checked.add(key);
      if (!needed.has(key)) needed.set(key, { name, place });
    }
  }
  for (const key of checked) needed.delete(key);
  return [...needed.values()];
}

/** Whether the program defines the global. */
function isDefined(name: string, code: string): boolean {
  const assignment = `(?:globalThis|self)\\.${name}\\s*\\??\\?*=[^=]`;
  const definition = `defineProperty\\(\\s*\\w+,\\s*"${name}"`;
  return new RegExp(`${assignment}|${definition}`).test(code);
}

function at({ source, line, column }: Place): string {
  return `${source}:${line}:${column}`;
}
