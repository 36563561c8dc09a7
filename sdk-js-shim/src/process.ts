/** `process.env`, which programs for servers read. */

import { environment, isBuilding } from "#host";
import { define } from "./define.js";
import { warnAtBuild } from "./warn.js";

/** Defines `process` with `env` only. Node has its own. */
export function defineProcess(): void {
  if (!isBuilding() || "process" in globalThis) return;
  define(globalThis, { process: { env: new Proxy({}, new EnvironmentHandler()) } });
}

/**
 * The variables of the component. They are read when a handler asks, because the top level of the
 * program runs when the component is built, where there are none. A program may add variables.
 */
class EnvironmentHandler implements ProxyHandler<Record<string, string>> {
  #isFilled = false;

  get(target: Record<string, string>, name: string | symbol): string | undefined {
    if (typeof name === "symbol") return undefined;
    this.#fill(target);
    if (isBuilding() && !Object.hasOwn(target, name)) {
      warnAtBuild(
        `process.env.${name} is read while the component is built, where it is undefined; read it in a handler`,
        "program",
      );
    }
    return Object.hasOwn(target, name) ? target[name] : undefined;
  }

  set(target: Record<string, string>, name: string | symbol, value: unknown): boolean {
    if (typeof name === "symbol") return false;
    this.#fill(target);
    target[name] = String(value);
    return true;
  }

  has(target: Record<string, string>, name: string | symbol): boolean {
    this.#fill(target);
    return Object.hasOwn(target, name);
  }

  deleteProperty(target: Record<string, string>, name: string | symbol): boolean {
    this.#fill(target);
    return Reflect.deleteProperty(target, name);
  }

  ownKeys(target: Record<string, string>): (string | symbol)[] {
    this.#fill(target);
    return Reflect.ownKeys(target);
  }

  getOwnPropertyDescriptor(
    target: Record<string, string>,
    name: string | symbol,
  ): PropertyDescriptor | undefined {
    this.#fill(target);
    return Reflect.getOwnPropertyDescriptor(target, name);
  }

  /** Variables that the program set while the component was built do not hide those of the component. */
  #fill(target: Record<string, string>): void {
    if (this.#isFilled || isBuilding()) return;
    this.#isFilled = true;
    Object.assign(target, environment());
  }
}
