/**
 * `String.prototype.normalize` (Unicode, annex 15), which the engine lacks.
 *
 * `build/component.ts` replaces the text below by a table if the program may call it. The table has
 * four parts, separated by U+0002, whose items are separated by U+0001: characters with their full
 * canonical decompositions, those with their full compatibility decompositions, the characters that
 * are never composed, and the combining characters of each class, in ascending order.
 */

import { isBuilding } from "#host";
import { define } from "./define.js";

const TABLE = "__SPIN_FETCH_NORMALIZATION__";
const NO_TABLE = ["__SPIN", "FETCH", "NORMALIZATION__"].join("_");

const FORMS = ["NFC", "NFD", "NFKC", "NFKD"];

/** Hangul syllables are composed by a formula (The Unicode Standard, section 3.12). */
const [L, V, T, S] = [0x1100, 0x1161, 0x11a7, 0xac00];
const [V_COUNT, T_COUNT, S_COUNT] = [21, 28, 11172];

interface Tables {
  canonical: Map<string, string>;
  compatible: Map<string, string>;
  composed: Map<string, string>;
  classes: Map<string, number>;
}

let tables: Tables | undefined;

/** Installs `normalize`, unless the engine has it. */
export function completeStrings(): void {
  if ("normalize" in String.prototype || !isBuilding()) return;
  define(String.prototype, {
    normalize(this: string, form: unknown = "NFC") {
      return normalize(String(this), String(form));
    },
  });
}

/** Exported for the tests. @internal */
export function normalize(text: string, form: string, table: string = TABLE): string {
  if (!FORMS.includes(form)) throw new RangeError(`${form} is not one of ${FORMS.join(", ")}`);
  // ASCII text is the same in each form.
  if (!/[^\0-\x7f]/.test(text)) return text;
  if (table === NO_TABLE) {
    throw new Error(
      "normalize has no table; write `.normalize(` in the program, so that it is bundled",
    );
  }
  tables ??= parse(table);
  const decomposed = decompose(text, form.startsWith("NFK"), tables);
  return form.endsWith("C") ? compose(decomposed, tables) : decomposed.join("");
}

function parse(table: string): Tables {
  const [canonical = "", compatible = "", excluded = "", classes = ""] = table.split("\u0002");
  const toMap = (part: string) =>
    new Map(
      part.split("\u0001").map((item) => {
        const [character = ""] = item;
        return [character, item.slice(character.length)];
      }),
    );
  const members = classes
    .split("\u0001")
    .map((members, index) => [...members].map((m) => [m, index + 1] as const));
  const made: Tables = {
    canonical: toMap(canonical),
    compatible: toMap(compatible),
    composed: new Map(),
    classes: new Map(members.flat()),
  };
  const never = new Set(excluded);
  // Shorter decompositions first, because a pair begins with a composed character.
  const byLength = [...made.canonical].filter(([character]) => !never.has(character));
  byLength.sort(([, a], [, b]) => a.length - b.length);
  for (const [character, parts] of byLength) {
    const all = [...parts];
    const last = all.pop() ?? "";
    made.composed.set(compose(all, made) + last, character);
  }
  return made;
}

/** The characters of the full decomposition, in canonical order. */
function decompose(text: string, isCompatible: boolean, tables: Tables): string[] {
  const characters: string[] = [];
  for (const character of text) {
    const parts =
      (isCompatible ? tables.compatible.get(character) : undefined) ??
      tables.canonical.get(character) ??
      decomposeHangul(character) ??
      character;
    characters.push(...parts);
  }
  return reorder(characters, tables.classes);
}

function decomposeHangul(character: string): string | undefined {
  const index = (character.codePointAt(0) ?? 0) - S;
  if (index < 0 || index >= S_COUNT) return undefined;
  const last = index % T_COUNT;
  const vowel = Math.floor(index / T_COUNT);
  const codes = [L + Math.floor(vowel / V_COUNT), V + (vowel % V_COUNT)];
  return String.fromCodePoint(...codes, ...(last === 0 ? [] : [T + last]));
}

/** Sorts each run of combining characters by class. The sort is stable. */
function reorder(characters: string[], classes: Map<string, number>): string[] {
  const ordered: string[] = [];
  let run: string[] = [];
  const flush = () => {
    run.sort((a, b) => (classes.get(a) ?? 0) - (classes.get(b) ?? 0));
    ordered.push(...run);
    run = [];
  };
  for (const character of characters) {
    if (classes.has(character)) run.push(character);
    else {
      flush();
      ordered.push(character);
    }
  }
  flush();
  return ordered;
}

/** Composes each starter with the characters after it that nothing blocks. */
function compose(characters: string[], { composed, classes }: Tables): string {
  const result: string[] = [];
  let starter = -1;
  let lastClass = 0;
  for (const character of characters) {
    const combining = classes.get(character) ?? 0;
    const before = result[starter];
    const isBlocked = lastClass !== 0 ? lastClass >= combining : starter !== result.length - 1;
    const both =
      before === undefined || isBlocked
        ? undefined
        : (composed.get(before + character) ?? composeHangul(before, character));
    if (both !== undefined) {
      result[starter] = both;
      continue;
    }
    if (combining === 0) starter = result.length;
    lastClass = combining;
    result.push(character);
  }
  return result.join("");
}

function composeHangul(before: string, after: string): string | undefined {
  const [first, second] = [before.codePointAt(0) ?? 0, after.codePointAt(0) ?? 0];
  const [lead, vowel, syllable, tail] = [first - L, second - V, first - S, second - T];
  if (lead >= 0 && lead < 19 && vowel >= 0 && vowel < V_COUNT) {
    return String.fromCodePoint(S + (lead * V_COUNT + vowel) * T_COUNT);
  }
  const isPair = syllable >= 0 && syllable < S_COUNT && syllable % T_COUNT === 0;
  return isPair && tail > 0 && tail < T_COUNT ? String.fromCodePoint(first + tail) : undefined;
}
