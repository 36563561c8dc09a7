/**
 * What the top level of a program must not freeze: it runs once, when the component is built, and
 * every instance begins with its result.
 */

import { isBuilding } from "#host";
import { define } from "./define.js";
import { warnAtBuild } from "./warn.js";

/** Makes random numbers and clocks differ between instances, or fail while the component is built. */
export function thawSnapshot(): void {
  if (!isBuilding()) return;
  thawMathRandom();
  refuseCryptoRandom();
  thawPerformance();
}

/**
 * `Math.random` has numbers of its own while the component is built, because many libraries call it
 * when they are loaded. The engine gives each instance another seed.
 */
function thawMathRandom(): void {
  const { random: native } = Math;
  let seed = Date.now() % 0x7fffffff || 1;
  // The generator of Park and Miller; its products are exact in a double.
  const randomAtBuild = () => {
    seed = (seed * 48271) % 0x7fffffff;
    return (seed - 1) / 0x7ffffffe;
  };
  const random = () => {
    if (!isBuilding()) return native();
    warnAtBuild(
      "Math.random() is called while the component is built, so every instance has this number; call it in a handler, or load the package there with `await import(…)`",
      "packages too",
    );
    return randomAtBuild();
  };
  define(Math, { random });
}

/** Numbers that must be secret cannot be in a component. */
function refuseCryptoRandom(): void {
  for (const name of ["getRandomValues", "randomUUID"] as const) {
    const native = crypto[name] as (...args: unknown[]) => unknown;
    define(Object.getPrototypeOf(crypto) as object, {
      [name](this: Crypto, ...args: unknown[]) {
        if (isBuilding()) throw new Error(frozen(`crypto.${name}()`));
        return native.apply(this, args);
      },
    });
    delete (crypto as unknown as Record<string, unknown>)[name];
  }
}

/** Why a call that needs random numbers fails at the top level. */
export function frozen(call: string): string {
  return `${call} cannot be called while the component is built, because every instance would have the same random numbers; call it in a handler`;
}

/** The clock of the engine ends the build, and counts from the start of the host. */
function thawPerformance(): void {
  const prototype = Performance.prototype;
  const native = performance.now.bind(performance);
  const start = Date.now();
  let origin: number | undefined;
  const now = () => (isBuilding() ? Date.now() - start : native());
  const timeOrigin = () => {
    if (isBuilding()) return start;
    origin ??= Date.now() - native();
    return origin;
  };
  for (const name of ["now", "timeOrigin"]) {
    delete (performance as unknown as Record<string, unknown>)[name];
  }
  define(prototype, { now, toJSON: () => ({ timeOrigin: timeOrigin() }) });
  Object.defineProperty(prototype, "timeOrigin", { get: timeOrigin, configurable: true });
}
