/** Defines members as Web IDL requires of functions and interfaces: not enumerable, writable and configurable. */
export function define(target: object, members: Record<PropertyKey, unknown>): void {
  for (const name of Reflect.ownKeys(members)) {
    const value = members[name as string];
    Object.defineProperty(target, name, { value, writable: true, configurable: true });
  }
}
