/** Names, which are `wallTimeMs` in JavaScript and `wall_time_ms` in the protocol. */

/** The object, with the names of the protocol. */
export function snakeKeys(object: object): object {
  const snakeCase = (name: string) =>
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [snakeCase(name), value]),
  );
}

/** The value, with the names of JavaScript in all objects in it. */
export function camelKeys<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(camelKeys) as Value;
  if (typeof value !== "object" || value === null) return value;
  const camelCase = (name: string) =>
    name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const entries = Object.entries(value).map(([name, each]) => [camelCase(name), camelKeys(each)]);
  return Object.fromEntries(entries) as Value;
}
