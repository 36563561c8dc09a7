/**
 * The functions that format or compare by the rules of a locale, of which the engine knows none: it has no
 * `Intl`, and ignores the arguments.
 *
 * Numbers and dates get the format of en-US without options, as in Node with that locale. Any other
 * locale, and any option, is a `RangeError`. A polyfill that the program imports replaces these functions.
 */

import { isBuilding } from "#host";
import { define } from "./define.js";

type Arguments = [locales?: unknown, options?: unknown];

const DEFAULTS = ["en-US", "en"];

const NUMBERS = "format it yourself, or with a polyfill such as @formatjs/intl-numberformat";
const DATES = "format it yourself, or with a polyfill such as @formatjs/intl-datetimeformat";
const COMPARISON =
  "without them it compares code units; import a library that compares as you need";

/** Installs the functions, unless the engine has `Intl`. */
export function completeLocales(): void {
  if ("Intl" in globalThis || !isBuilding()) return;
  completeNumbers();
  completeDates();
  completeLists();
  completeText();
}

function completeNumbers(): void {
  define(Number.prototype, {
    toLocaleString(this: number, ...args: Arguments) {
      const value = Number.prototype.valueOf.call(this);
      assertDefault("Number.prototype.toLocaleString", args, NUMBERS);
      return formatNumber(value);
    },
  });
  define(BigInt.prototype, {
    toLocaleString(this: bigint, ...args: Arguments) {
      const value = BigInt.prototype.valueOf.call(this);
      assertDefault("BigInt.prototype.toLocaleString", args, NUMBERS);
      return group(String(value));
    },
  });
}

function completeDates(): void {
  for (const [name, format] of [
    ["toLocaleString", (date: Date) => `${dateOf(date)}, ${timeOf(date)}`],
    ["toLocaleDateString", dateOf],
    ["toLocaleTimeString", timeOf],
  ] as const) {
    define(Date.prototype, {
      [name](this: Date, ...args: Arguments) {
        const isValid = !Number.isNaN(Date.prototype.getTime.call(this));
        assertDefault(`Date.prototype.${name}`, args, DATES);
        return isValid ? format(this) : "Invalid Date";
      },
    });
  }
}

/** The engine passes no locale to the elements. */
function completeLists(): void {
  for (const [what, prototype] of [
    ["Array", Array.prototype],
    ["TypedArray", Object.getPrototypeOf(Uint8Array.prototype)],
  ] as const) {
    const native = prototype.toLocaleString as () => string;
    define(prototype, {
      toLocaleString(this: unknown, ...args: Arguments) {
        assertDefault(`${what}.prototype.toLocaleString`, args, NUMBERS);
        return native.call(this as never);
      },
    });
  }
}

function completeText(): void {
  const compare = String.prototype.localeCompare;
  define(String.prototype, {
    localeCompare(this: string, that: string, ...args: Arguments) {
      if (args.some((value) => value !== undefined)) throw unsupported("localeCompare", args);
      return compare.call(this, that);
    },
  });
  // The languages whose mappings differ from those of Unicode.
  for (const [name, plain, languages] of [
    ["toLocaleLowerCase", "toLowerCase", /^(?:az|lt|tr)(?:-|$)/i],
    ["toLocaleUpperCase", "toUpperCase", /^(?:az|el|lt|tr)(?:-|$)/i],
  ] as const) {
    define(String.prototype, {
      [name](this: string, ...[locales]: Arguments) {
        const own = listOf(locales).find((locale) => languages.test(locale));
        if (own === undefined) return String.prototype[plain].call(this);
        throw new RangeError(
          `String.prototype.${name}(${show(locales)}): a component has only the mappings of Unicode; call ${plain}(), or map the characters of ${own} yourself`,
        );
      },
    });
  }
}

function unsupported(name: string, args: Arguments): RangeError {
  const shown = args.map(show).join(", ");
  return new RangeError(
    `String.prototype.${name}(…, ${shown}): a component has no rules of locales; ${COMPARISON}`,
  );
}

/** @throws RangeError if a call asks for another format than that of en-US. */
function assertDefault(call: string, [locales, options]: Arguments, advice: string): void {
  const list = listOf(locales);
  const isLocaleKnown = list.length === 0 || list.some((locale) => DEFAULTS.includes(locale));
  const values = Object.values((options ?? {}) as object);
  if (isLocaleKnown && values.every((value) => value === undefined)) return;
  const shown = options === undefined ? show(locales) : `${show(locales)}, ${show(options)}`;
  throw new RangeError(
    `${call}(${shown}): a component has the format of en-US without options, and no other; ${advice}`,
  );
}

function listOf(locales: unknown): string[] {
  if (locales === undefined) return [];
  return Array.isArray(locales) ? locales.map(String) : [String(locales)];
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

/** At most three digits after the point, rounded half up from the shortest decimal, as ICU does. */
function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (!Number.isFinite(value)) return `${sign}∞`;
  const [mantissa = "", exponent = ""] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const count = Number(exponent) + 4;
  const isUp = (digits[count] ?? "0") >= "5";
  const thousandths =
    BigInt(digits.slice(0, Math.max(count, 0)).padEnd(count, "0")) + (isUp ? 1n : 0n);
  const fraction = String(thousandths % 1000n)
    .padStart(3, "0")
    .replace(/0+$/, "");
  return sign + group(String(thousandths / 1000n)) + (fraction && `.${fraction}`);
}

function group(digits: string): string {
  return digits.replace(/\B(?=(?:\d{3})+$)/g, ",");
}

function dateOf(date: Date): string {
  const year = date.getFullYear();
  return `${date.getMonth() + 1}/${date.getDate()}/${year > 0 ? year : 1 - year}`;
}

function timeOf(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = date.getHours();
  const half = hours < 12 ? "AM" : "PM";
  return `${hours % 12 || 12}:${two(date.getMinutes())}:${two(date.getSeconds())} ${half}`;
}
