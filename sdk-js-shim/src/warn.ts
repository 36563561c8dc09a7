/** What begins a warning for the build; `build/diagnosis.ts` reads it. */
const WARNING = "spin-fetch-warning:";

/** The most warnings of one build; a library may call the same function in a loop. */
const MAX_WARNINGS = 100;
let count = 0;

/** Warns of what the top level of the program does. The build shows it with the place in the program. */
export function warnAtBuild(text: string): void {
  count += 1;
  if (count > MAX_WARNINGS) return;
  console.error(WARNING + JSON.stringify({ text, stack: new Error().stack }));
}
