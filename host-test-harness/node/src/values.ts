/** Names and values of a mock, as a mock file has them. */

/** Names with the values of each, in order. */
export type NamedValues = Record<string, string[]>;

/** Fields as a test writes them: an object of values or lists of values, or pairs of names and values. */
export type FieldsInit =
  | Readonly<Record<string, string | readonly string[]>>
  | Iterable<readonly [name: string, value: string]>;

/** The names and values, with one more. */
export function withValue(values: NamedValues, name: string, value: string): NamedValues {
  const before = Object.hasOwn(values, name) ? (values[name] ?? []) : [];
  return { ...values, [name]: [...before, value] };
}

export function namedValues(fields: FieldsInit): NamedValues {
  const pairs =
    Symbol.iterator in fields
      ? [...(fields as Iterable<readonly [string, string]>)]
      : Object.entries(fields).flatMap(([name, values]) =>
          [values].flat().map((value) => [name, value] as const),
        );
  return pairs.reduce<NamedValues>((all, [name, value]) => withValue(all, name, value), {});
}

/**
 * The value as JSON has it.
 *
 * @throws TypeError if JSON has no such value.
 */
export function jsonValue(value: unknown, what: string): unknown {
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`${what}: JSON has no ${typeof value}`);
  return JSON.parse(text);
}

/** @throws TypeError for a value that is not a string. JSON could drop it. */
export function assertText(value: unknown, what: string): asserts value is string {
  if (typeof value !== "string") throw new TypeError(`${what}: ${String(value)} is not a string`);
}

/** @throws TypeError for a value that is not a finite number. JSON could drop it. */
export function assertNumber(value: unknown, what: string): asserts value is number {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new TypeError(`${what}: ${String(value)} is not a number`);
  }
}

/** @throws TypeError for a value that is not made of bytes. */
export function assertBytes(value: unknown, what: string): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) {
    throw new TypeError(`${what}: ${String(value)} is not a Uint8Array`);
  }
}
