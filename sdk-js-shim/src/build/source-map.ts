import { resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { decode, type SourceMapMappings } from "@jridgewell/sourcemap-codec";
import { PROGRAM } from "./engine.js";

/** A place in a source file. Lines and columns begin with 1, as in stacks. */
export interface Place {
  source: string;
  line: number;
  column: number;
}

/** The folder of the package. Its sources are shown as those of the package, wherever it is. */
const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));

const PLACES = new RegExp(`\\b${PROGRAM.replace(".", "\\.")}:(\\d+)(?::(\\d+))?`, "g");

/** The source map of a bundle. */
export class SourceMap {
  /** The source files, as they are shown. */
  readonly sources: readonly string[];
  readonly #sourcesContent: readonly (string | null)[];
  readonly #mappings: SourceMapMappings;

  /** Reads the map of a bundle whose sources are relative to `folder`. */
  constructor(json: string, folder: string) {
    const map = JSON.parse(json) as {
      sources: string[];
      sourcesContent?: (string | null)[];
      mappings: string;
    };
    this.sources = map.sources.map((url) => shownSource(pathOf(url), folder));
    this.#sourcesContent = map.sourcesContent ?? [];
    this.#mappings = decode(map.mappings);
  }

  /** The place in the source of a place in the bundle; `undefined` for code without a source. */
  find(line: number, column: number): Place | undefined {
    const segments = this.#mappings[line - 1] ?? [];
    const segment = segments.findLast(([start]) => start < column) ?? segments[0];
    if (segment?.[1] === undefined) return undefined;
    const source = this.sources[segment[1]];
    if (source === undefined) return undefined;
    return { source, line: (segment[2] ?? 0) + 1, column: (segment[3] ?? 0) + 1 };
  }

  /** Replaces the places in the bundle by places in the sources. */
  translate(text: string): string {
    return text.replace(PLACES, (shown, line, column) => {
      const place = this.find(Number(line), Number(column ?? 1));
      return place ? `${place.source}:${place.line}:${place.column}` : shown;
    });
  }

  /** A line of a source file, with a mark below the column. */
  excerpt({ source, line, column }: Place): string {
    const text = this.#sourcesContent[this.sources.indexOf(source)]?.split("\n")[line - 1];
    return text === undefined || text.length > 200
      ? ""
      : `\n    ${text}\n    ${text.slice(0, column - 1).replace(/[^\t]/g, " ")}^`;
  }

  /**
   * The source and line of each line of the bundle, as compact text for `src/stack.ts`, which
   * describes the format. Columns are left out, because the bundle is not minified.
   */
  lineTable(): string {
    const entries: string[] = [];
    let expected = "";
    for (const segments of this.#mappings) {
      let current = "";
      const parts: string[] = [];
      for (const [column, source, line] of segments) {
        const place = source === undefined ? "" : `${base36(source)}:${base36(line ?? 0)}`;
        if (place === current || (place === "" && parts.length === 0)) continue;
        parts.push(parts.length === 0 ? place : `${base36(column)}:${place}`);
        current = place;
      }
      entries.push(parts.length === 1 && parts[0] === expected ? "" : parts.join(" ") || "-");
      const [source = "", line = ""] = (parts[0] ?? "").split(":");
      expected = parts.length > 0 ? `${source}:${base36(Number.parseInt(line, 36) + 1)}` : "";
    }
    return `${this.sources.join("\n")}\n\n${entries.join(";")}`;
  }
}

function base36(value: number): string {
  return value.toString(36);
}

/** The sources of a map are URLs, in which characters beyond ASCII are escaped. */
function pathOf(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

/** The path from the folder of the build; for a package, the path from its `node_modules`. */
function shownSource(path: string, folder: string): string {
  const packages = path.lastIndexOf("node_modules/");
  if (packages !== -1) return path.slice(packages);
  const absolute = resolve(folder, path);
  const isOfSdk = ["src", "dist"].some((name) => absolute.startsWith(PACKAGE + name + sep));
  return isOfSdk ? `spin-fetch/${absolute.slice(PACKAGE.length).replaceAll(sep, "/")}` : path;
}
