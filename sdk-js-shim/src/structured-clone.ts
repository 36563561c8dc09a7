/** `structuredClone`, which would make empty objects of the classes of this package. */

import { Body } from "./body.js";
import { define } from "./define.js";
import { Headers } from "./headers.js";

/** Makes a clone of a request, a response or headers, also within another value, a `DataCloneError`. */
export function refuseToClone(): void {
  const native = structuredClone;
  define(globalThis, {
    structuredClone(...args: [unknown, StructuredSerializeOptions?]) {
      assertClonable(args[0]);
      return native(...args);
    },
  });
}

function assertClonable(value: unknown): void {
  const seen = new Set<unknown>();
  const rest = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    if (isOfPackage(next)) {
      const name = Object.prototype.toString.call(next).slice("[object ".length, -1);
      throw new DOMException(`a ${name} cannot be cloned by structuredClone`, "DataCloneError");
    }
    rest.push(...partsOf(next));
  }
}

function isOfPackage(value: object): boolean {
  try {
    return value instanceof Body || value instanceof Headers;
  } catch {
    return false; // as in partsOf
  }
}

/** The values in a value. Getters are not called, because the engine calls them. */
function partsOf(value: object): unknown[] {
  try {
    if (value instanceof Map) return [...value].flat();
    if (value instanceof Set) return [...value];
    if (ArrayBuffer.isView(value)) return [];
    return Object.values(Object.getOwnPropertyDescriptors(value))
      .filter(({ enumerable }) => enumerable)
      .map((descriptor) => descriptor.value);
  } catch {
    return []; // a proxy, which the engine rejects
  }
}
