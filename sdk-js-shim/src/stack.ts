/**
 * Stacks that name the files and lines of the program, where the engine names those of the bundle.
 *
 * `build/component.ts` replaces the text below by a table. Its first part has the sources, one in a
 * line; after an empty line follows an entry for each line of the bundle, separated by ";". Numbers
 * are in base 36. An entry is `source:line`, and ` column:source:line` for each column of the bundle
 * where another line of the sources begins. It is empty if the line continues the source of the line
 * before, and "-" if there is no source. Lines and columns in the table begin with 0.
 */

import { isBuilding } from "#host";

const LINES = "__SPIN_FETCH_LINES__";

const FRAME = /\bapp\.js:(\d+)(?::(\d+))?/g;
/** Frames of the code that connects the engine with the world. */
const GLUE = /^.*@\/initializer\.js:\d+:\d+\n?/gm;

interface Table {
  sources: string[];
  entries: string[];
}

let table: Table | undefined;

/** Makes `stack` of every error name the sources. */
export function translateStacks(): void {
  // The build translates the stacks of its errors itself, by the whole source map.
  const native = Object.getOwnPropertyDescriptor(Error.prototype, "stack");
  const get = native?.get;
  if (!isBuilding() || !get) return;
  Object.defineProperty(Error.prototype, "stack", {
    ...native,
    get(this: unknown) {
      const stack: unknown = get.call(this);
      return typeof stack === "string" && !isBuilding() ? translate(stack) : stack;
    },
  });
}

function translate(stack: string): string {
  return stack.replace(GLUE, "").replace(FRAME, (frame, line, column) => {
    table ??= parse(LINES);
    return find(table, Number(line) - 1, Number(column ?? 1) - 1) ?? frame;
  });
}

function parse(text: string): Table {
  const end = text.indexOf("\n\n");
  return { sources: text.slice(0, end).split("\n"), entries: text.slice(end + 2).split(";") };
}

function find({ sources, entries }: Table, line: number, column: number): string | undefined {
  let start = line;
  while (start > 0 && entries[start] === "") start -= 1;
  const [first = "-", ...others] = (entries[start] ?? "-").split(" ");
  let place = first;
  // Only the first line of a run has columns.
  for (const other of start === line ? others : []) {
    const colon = other.indexOf(":");
    if (Number.parseInt(other, 36) > column) break;
    place = other.slice(colon + 1);
  }
  const [source = "", row = ""] = place.split(":");
  const name = sources[Number.parseInt(source, 36)];
  return name && `${name}:${Number.parseInt(row, 36) + 1 + line - start}`;
}
