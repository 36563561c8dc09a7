/** The console of the engine, with the stacks of errors and with format specifiers. */

import { isBuilding } from "#host";
import { define } from "./define.js";
import { describe, describePlain, isError } from "./describe.js";

const METHODS = ["debug", "error", "info", "log", "warn", "group", "groupCollapsed"] as const;

/** Adds to the console what the engine lacks. */
export function completeConsole(): void {
  if (!isBuilding()) return;
  for (const name of METHODS) {
    const native = console[name].bind(console);
    const write = (...values: unknown[]) => {
      const texts = format(values);
      try {
        native(...texts);
      } catch {
        // The engine cannot show some objects, such as proxies.
        native(...texts.map(describePlain));
      }
    };
    define(console, { [name]: write });
  }
  const { error } = console;
  define(console, {
    trace(...values: unknown[]) {
      const { stack = "" } = new Error();
      // The first frame is this function.
      error(
        ...format(["Trace:", ...values]),
        `\n${stack.slice(stack.indexOf("\n") + 1).trimEnd()}`,
      );
    },
    assert(condition: unknown, ...values: unknown[]) {
      if (!condition) error("Assertion failed", ...format(values));
    },
  });
}

/** Applies the format specifiers (Console, section 2.2), and shows errors with their stacks. */
function format(values: unknown[]): unknown[] {
  const [first, ...rest] = values;
  if (typeof first !== "string" || rest.length === 0) return values.map(shown);
  const text = first.replace(/%[sdifoOjc%]/g, (specifier) => {
    if (specifier === "%%") return "%";
    return rest.length === 0 ? specifier : convert(specifier, rest.shift());
  });
  return [text, ...rest.map(shown)];
}

function convert(specifier: string, value: unknown): string {
  switch (specifier) {
    case "%c":
      return "";
    case "%d":
    case "%i":
      return typeof value === "symbol" ? "NaN" : `${Number.parseInt(describePlain(value), 10)}`;
    case "%f":
      return typeof value === "symbol" ? "NaN" : `${Number.parseFloat(describePlain(value))}`;
    case "%s":
      return describe(value);
    default:
      return inspect(value);
  }
}

function inspect(value: unknown): string {
  if (isError(value)) return describe(value);
  try {
    return JSON.stringify(value) ?? describe(value);
  } catch {
    return describe(value);
  }
}

function shown(value: unknown): unknown {
  return isError(value) ? describe(value) : value;
}
