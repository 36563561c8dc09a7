/** What the engine says when the top level of a program fails, as messages about the sources. */

import type { Place, SourceMap } from "./source-map.js";

/** What begins a line of the program's log that is a warning, in JSON; `src/warn.ts` writes it. */
const WARNING = "spin-fetch-warning:";

const REJECTION = "Promise rejected but never handled: ";
const TRAP = /^Error: (?:the `componentize\.wizer` function trapped|calling the Reactor)/m;

/**
 * Explains a failed build.
 *
 * The output has the exception, and then the promises that nobody handled, one of which is that of
 * the top level, with the stack.
 */
export function explainFailure(stderr: string, map: SourceMap): string {
  const said = stderr.split(TRAP)[0] ?? "";
  const exception =
    /^Exception while [^\n]*\n(\S+:\d+:\d+) ([\s\S]*?)(?=^Additionally, |$(?![\s\S]))/m;
  const [, position = "", thrown = ""] = exception.exec(said) ?? [];
  if (position === "") return explainTrap(stderr);
  const text = thrown.replaceAll(`\n${position} `, "\n").trimEnd();
  const [, rejection = ""] = said.split(REJECTION);
  const stack = stackOf(rejection) || `@${position}`;
  return messageAt(text + hintFor(text), stack, map) + causesOf(rejection, map);
}

/** The promises that were rejected while the program was built, and that nobody handles. */
export function explainRejections(stderr: string, map: SourceMap): string | undefined {
  const [, ...rejections] = stderr.split(REJECTION);
  if (rejections.length === 0) return undefined;
  const texts = rejections.map(
    (text) => messageAt(firstPart(text), stackOf(text), map) + causesOf(text, map),
  );
  return `${texts.join("\n")}\nNothing handles this promise: await it, or add catch().`;
}

/** The warnings of the program about its top level, each once. */
export function warningsIn(stderr: string, map: SourceMap): string[] {
  const warnings = linesOf(stderr, true).map((line) => {
    const warning = JSON.parse(line.slice(WARNING.length)) as Record<string, string>;
    const { text = "", stack = "", scope } = warning;
    const frames = framesOf(stack, map);
    const [frame] = frames;
    if (!frame || (scope === "program" && isOfPackage(frame))) return "";
    return `${at(frame.place)}: ${text}${map.excerpt(frame.place)}`;
  });
  return [...new Set(warnings)].filter((text) => text !== "");
}

/** What the program itself logged. */
export function logOf(stderr: string): string {
  return linesOf(stderr, false).join("\n").trimEnd();
}

function linesOf(stderr: string, areWarnings: boolean): string[] {
  return stderr.split("\n").filter((line) => line.startsWith(WARNING) === areWarnings);
}

/** The causes of an exception. The SDK gives its errors causes with the same message. */
function causesOf(rejection: string, map: SourceMap): string {
  const [error = "", ...causes] = rejection.split(/^Caused by: /m);
  const others = causes.filter((cause) => firstPart(cause) !== firstPart(error));
  return others
    .map((cause) => `\ncaused by: ${messageAt(firstPart(cause), stackOf(cause), map)}`)
    .join("");
}

/** The message of a rejection: everything before its stack. */
function firstPart(text: string): string {
  return (text.split(/^Stack:$/m)[0] ?? "").trimEnd();
}

/** The frames of the first stack. */
function stackOf(text: string): string {
  return /^Stack:\n((?: {2}.*\n)*)/m.exec(text)?.[1] ?? "";
}

/** A message that begins with the place in the program and ends with the stack. */
function messageAt(text: string, stack: string, map: SourceMap): string {
  const frames = framesOf(stack, map);
  const place = (frames.find((frame) => !isOfPackage(frame)) ?? frames[0])?.place;
  if (!place) return map.translate(text);
  const shown = frames.map(({ name, place }) => `\n  at ${name || "the top level"} (${at(place)})`);
  const trace = shown.length > 1 ? shown.join("") : "";
  return `${at(place)}: ${text}${map.excerpt(place)}${trace}`;
}

/** A call in a stack. */
interface Frame {
  name: string;
  place: Place;
}

/** The calls in a stack, without those in the SDK. */
function framesOf(stack: string, map: SourceMap): Frame[] {
  return stack.split("\n").flatMap((line) => {
    const [, name = "", row = "", column = ""] = /^\s*(.*)@\S+?:(\d+):(\d+)$/.exec(line) ?? [];
    const place = row === "" ? undefined : map.find(Number(row), Number(column));
    return place && !isOfSdk(place) ? [{ name: name.replace(/^async\*/, ""), place }] : [];
  });
}

function isOfPackage({ place }: Frame): boolean {
  return place.source.startsWith("node_modules/");
}

function at({ source, line, column }: Place): string {
  return `${source}:${line}:${column}`;
}

function isOfSdk({ source }: Place): boolean {
  return (
    /^(?:node_modules\/)?spin-fetch\/(?:src|dist)\//.test(source) ||
    source === "spin-fetch-entry.js"
  );
}

function hintFor(text: string): string {
  return /invalid property name in regular expression/.test(text)
    ? "\nThe engine has no Unicode properties (\\p{…}) in a RegExp that is made at run time; use a literal."
    : "";
}

/** The engine itself ended, in a function that needs the host. */
function explainTrap(stderr: string): string {
  const [, name] = /unknown imported function: '[^']*' '([^']*)'/.exec(stderr) ?? [];
  const what = name ? `called the host (${name})` : "ended the engine";
  return `the top level of the program ${what}; only handlers can call the host\n${stderr.trimEnd()}`;
}
