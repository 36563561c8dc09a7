/** Checks of what a test passes to a mock agent, so that nothing is ignored. */

/** @throws TypeError if `value` is not an object, or has a key that is not known; lists the known keys. */
export function assertKnownKeys(value: unknown, known: readonly string[], what: string): void {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${what} is ${value}; pass an object with keys of ${known.join(", ")}`);
  }
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const [nearest] = known.filter((other) => distance(key, other) <= 2);
    const hint = nearest === undefined ? "" : `did you mean \`${nearest}\`? `;
    throw new TypeError(
      `${what} has the unknown key \`${key}\`: ${hint}the known keys are ${known.join(", ")}`,
    );
  }
}

/** @throws TypeError if `value` has two keys of which only one would be used. */
export function assertOneOf(value: object, keys: readonly string[], what: string): void {
  const given = keys.filter((key) => (value as Record<string, unknown>)[key] !== undefined);
  if (given.length < 2) return;
  throw new TypeError(`${what} has ${given.map((key) => `\`${key}\``).join(" and ")}; use one`);
}

/** The number of characters to insert, remove or replace that makes `b` of `a` (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
