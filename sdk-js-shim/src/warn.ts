/** What begins a warning for the build; `build/diagnosis.ts` reads it. */
const WARNING = "spin-fetch-warning:";

/** The most warnings of one build; a library may call the same function in a loop. */
const MAX_WARNINGS = 100;
let count = 0;

/**
 * Warns of what the top level of the program does. The build shows it with the place in the program.
 *
 * `scope` says whether it is worth a warning if a package does it.
 */
export function warnAtBuild(text: string, scope: "program" | "packages too"): void {
  count += 1;
  if (count > MAX_WARNINGS) return;
  console.error(WARNING + JSON.stringify({ text, scope, stack: new Error().stack }));
}
