/** The Web IDL conversions of the parameters of Fetch. */

import { refusal, type SpinHttpErrorCode } from "./error.js";
import { REASONS } from "./reasons.js";

const BEYOND_BYTES = /[^\0-\xff]/;

/** Converts to a string in which each character is one byte (Web IDL `ByteString`). */
export function toByteString(value: unknown, what: string, code: SpinHttpErrorCode): string {
  const text = toText(value, what, code);
  // A pattern, because a loop over characters is slow in the engine's interpreter.
  const beyond = BEYOND_BYTES.exec(text)?.[0];
  if (beyond === undefined) return text;
  const reason = { ...REASONS.valueNotLatin1, code };
  throw refusal(reason, { what, character: JSON.stringify(beyond) });
}

/** Converts to a string without lone surrogates (Web IDL `USVString`). */
export function toUsvString(value: unknown, what: string, code: SpinHttpErrorCode): string {
  return toText(value, what, code).toWellFormed();
}

function toText(value: unknown, what: string, code: SpinHttpErrorCode): string {
  if (typeof value === "symbol") throw refusal({ ...REASONS.valueIsSymbol, code }, { what });
  return String(value);
}

/** Converts to a value of a Web IDL enumeration. */
export function toEnumeration<Word extends string>(
  value: unknown,
  words: readonly Word[],
  what: string,
): Word {
  const text = toText(value, what, "request-error");
  const word = words.find((word) => word === text);
  if (word === undefined) {
    const values = words.join(", ");
    throw refusal(REASONS.optionUnknown, { what, value: JSON.stringify(text), values });
  }
  return word;
}

/** Converts to a Web IDL dictionary. `undefined` and `null` are empty dictionaries. */
export function toDictionary(value: unknown, what: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" && typeof value !== "function") {
    throw refusal(REASONS.optionNotObject, { what, value: JSON.stringify(value) });
  }
  return value as Record<string, unknown>;
}

/** @throws TypeError if a call has fewer arguments than the standard requires */
export function assertArguments(given: { length: number }, required: number, what: string): void {
  if (given.length >= required) return;
  throw new TypeError(
    `${what} takes ${required} argument${required === 1 ? "" : "s"}, and got ${given.length}`,
  );
}

/** Removes leading and trailing HTTP whitespace. */
export function trimWhitespace(text: string): string {
  // A pattern would take quadratic time for a value that consists of whitespace.
  const isWhitespace = (index: number) => "\t\n\r ".includes(text.charAt(index));
  let [start, end] = [0, text.length];
  while (start < end && isWhitespace(start)) start += 1;
  while (end > start && isWhitespace(end - 1)) end -= 1;
  return text.slice(start, end);
}
