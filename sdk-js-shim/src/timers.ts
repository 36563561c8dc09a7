/** Timers and microtasks whose exceptions are reported. The engine ends the instance, or is silent. */

import { isBuilding, phase } from "#host";
import { define } from "./define.js";
import { reportError } from "./report.js";

type Callback = (...args: unknown[]) => unknown;

/** Makes exceptions in callbacks go to `reportError`, as the standard does. */
export function reportFromCallbacks(): void {
  if (!isBuilding()) return;
  for (const name of ["setTimeout", "setInterval"] as const) {
    const native = globalThis[name] as (callback: unknown, ...rest: unknown[]) => unknown;
    define(globalThis, {
      [name]: (callback: unknown, ...rest: unknown[]) => {
        // As the engine refuses it at the top level.
        if (phase() === "rehearsal") throw new TypeError(`${name} is called in the rehearsal`);
        return native(guarded(callback), ...rest);
      },
    });
  }
  const native = queueMicrotask;
  define(globalThis, {
    queueMicrotask: (callback: unknown) => native(guarded(callback) as VoidFunction),
  });
}

/** Anything but a function is for the engine to reject. */
function guarded(callback: unknown): unknown {
  if (typeof callback !== "function") return callback;
  return (...args: unknown[]) => {
    try {
      (callback as Callback).call(globalThis, ...args);
    } catch (error) {
      reportError(error);
    }
  };
}
