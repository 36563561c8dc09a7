/** Checks of what a program passes. The module would take a value of another type for an empty one. */

/** @throws TypeError if `value` is not a string. */
export function string(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw new TypeError(`${what} is ${shown(value)}; pass a string`);
}

/** @throws TypeError if `value` is neither a string nor a `URL`. */
export function url(value: unknown, what: string): string {
  return value instanceof URL ? value.href : string(value, what);
}

/** @throws TypeError if `value` is not an iterable of strings. */
export function strings(value: unknown, what: string): string[] {
  return list(value, what, string);
}

/** @throws TypeError if `value` is not an iterable of strings and `URL`s. */
export function urls(value: unknown, what: string): string[] {
  return list(value, what, url);
}

function list(
  value: unknown,
  what: string,
  item: (value: unknown, what: string) => string,
): string[] {
  const iterator = typeof value === "object" ? (value as Partial<Iterable<unknown>> | null) : null;
  if (typeof iterator?.[Symbol.iterator] !== "function") {
    throw new TypeError(`${what} are ${shown(value)}; pass an array of strings`);
  }
  return Array.from(value as Iterable<unknown>, (value, index) =>
    item(value, `[${index}] of ${what}`),
  );
}

/** @throws TypeError if `value` is not an object whose values are strings. */
export function variables(value: unknown): [names: string[], values: string[]] {
  const entries = Object.entries(options(value as object, undefined, "the variables"));
  return [
    entries.map(([name]) => name),
    entries.map(([name, text]) => string(text, `the variable \`${name}\``)),
  ];
}

/** @throws TypeError if `value` is not an object, or has a key that is not known. */
export function options<Options extends object>(
  value: Options | undefined,
  known: readonly (keyof Options & string)[] | undefined,
  what: string,
): Partial<Options> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${what} are ${shown(value)}; pass an object`);
  }
  const unknown = Object.keys(value).find(
    (key) => known && !known.includes(key as keyof Options & string),
  );
  if (unknown === undefined) return value;
  throw new TypeError(
    `${what} have the unknown key \`${unknown}\`; the known keys are ${known?.join(", ")}`,
  );
}

function shown(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value)
    : Array.isArray(value)
      ? "an array"
      : String(value);
}
