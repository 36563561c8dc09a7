/**
 * The table of Unicode normalization, which the engine lacks, from that of Node.
 *
 * `src/normalize.ts` describes the format. There is no maintained package with such a table.
 */

const LAST = 0x10ffff;
const HANGUL = [0xac00, 0xd7a3] as const;

let table: string | undefined;

/** The table. It is made once, in about half a second. */
export function normalizationTable(): string {
  table ??= makeTable();
  return table;
}

function makeTable(): string {
  const canonical: string[] = [];
  const compatible: string[] = [];
  const excluded: string[] = [];
  const marks: string[] = [];
  for (let code = 0; code <= LAST; code += 1) {
    const isHangul = code >= HANGUL[0] && code <= HANGUL[1];
    if (isHangul || (code >= 0xd800 && code <= 0xdfff)) continue;
    const text = String.fromCodePoint(code);
    const decomposed = text.normalize("NFD");
    if (decomposed !== text) {
      canonical.push(text + decomposed);
      if (text.normalize("NFC") !== text) excluded.push(text);
    }
    const compatibly = text.normalize("NFKD");
    if (compatibly !== decomposed) compatible.push(text + compatibly);
    if (isMark(text)) marks.push(text);
  }
  const classes = sortIntoClasses(marks).map((members) => members.join(""));
  return [canonical, compatible, [excluded.join("")], classes]
    .map((part) => part.join("\u0001"))
    .join("\u0002");
}

/** Whether a character moves: behind one of a lower class, or before one of a higher class. */
function isMark(text: string): boolean {
  return text.normalize("NFD") === text && (isAfter("\u0345", text) || isAfter(text, "\u0334"));
}

/** Whether the class of `a` is higher than that of `b`, neither of which is 0. */
function isAfter(a: string, b: string): boolean {
  return (a + b).normalize("NFD") === b + a && a !== b;
}

/** The characters by combining class, in ascending order. The numbers of the classes do not matter. */
function sortIntoClasses(marks: string[]): string[][] {
  const classes: string[][] = [];
  for (const mark of marks) {
    const index = classes.findIndex(([first = ""]) => !isAfter(mark, first));
    const found = classes[index];
    if (!found) classes.push([mark]);
    else if (isAfter(found[0] ?? "", mark)) classes.splice(index, 0, [mark]);
    else found.push(mark);
  }
  return classes;
}
