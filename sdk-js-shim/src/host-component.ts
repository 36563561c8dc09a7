/** What both backends have in a component: its environment, its variables, and whether it is still being built. */

import { get } from "fermyon:spin/variables@2.0.0";
import { getEnvironment } from "wasi:cli/environment@0.2.0";
import type { Phase } from "./host.js";
import { VariableError } from "./variable-error.js";
import type { GetVariable } from "./wire.js";

// The top level of a program runs at build time, where there is no host.
let current: Phase = "build";

/** The import `fermyon:spin/variables.get`. esbuild removes it from a program that does not use it. */
export const getVariable: GetVariable = (variable) => {
  if (!isBuilding()) return get(variable);
  const message = `variables.get(${JSON.stringify(variable)}) is called while the component is built; call it in a handler`;
  throw new VariableError("no-host", message, { variable });
};

/** The variables of the host. They are the same as long as the instance lives, and each `fetch` reads them. */
let variables: Readonly<Record<string, string>> | undefined;

/** The environment variables that the manifest or the command line sets, in an object of the caller. */
export function environment(): Readonly<Record<string, string>> {
  return { ...sharedEnvironment() };
}

/** {@link environment} in an object that has no prototype, and that the caller must not change. */
export function sharedEnvironment(): Readonly<Record<string, string>> {
  if (current === "build") return {};
  const known = variables ?? readEnvironment();
  // The rehearsal reads those of its host, which no request must see.
  if (current === "serving") variables = known;
  return known;
}

function readEnvironment(): Record<string, string> {
  // Without a prototype, so that a variable may have any name.
  const read: Record<string, string> = Object.create(null);
  const entries = getEnvironment();
  // No `Object.fromEntries`, which takes the engine ten times as long.
  for (let index = 0; index < entries.length; index += 1) {
    const [name, value] = entries[index] as [string, string];
    read[name] = value;
  }
  return read;
}

/** What the component does. */
export function phase(): Phase {
  return current;
}

/** Begins a phase. */
export function enter(next: Phase): void {
  current = next;
}

/** Whether the component is being built, which the rehearsal belongs to. */
export function isBuilding(): boolean {
  return current !== "serving";
}
