/** The conversions of Web IDL that the constructors of Fetch begin with. */

import { refusal, type SpinHttpErrorCode } from "./error.js";

const BEYOND_BYTES = /[^\0-\xff]/;

/** A text of which each character is one byte (Web IDL `ByteString`). */
export function toByteString(value: unknown, what: string, code: SpinHttpErrorCode): string {
  const text = toText(value, what, code);
  // A pattern, because the engine interprets loops over characters slowly.
  const beyond = BEYOND_BYTES.exec(text)?.[0];
  if (beyond === undefined) return text;
  const message =
    `${what} has the character ${JSON.stringify(beyond)}, which is beyond U+00FF; ` +
    "encode it, for example with encodeURIComponent";
  throw refusal(code, message);
}

/** A text without lone surrogates (Web IDL `USVString`). */
export function toUsvString(value: unknown, what: string, code: SpinHttpErrorCode): string {
  return toText(value, what, code).toWellFormed();
}

function toText(value: unknown, what: string, code: SpinHttpErrorCode): string {
  if (typeof value === "symbol") throw refusal(code, `${what} is a symbol; give a text`);
  return String(value);
}

/** One of the words of a Web IDL enumeration. */
export function toEnumeration<Word extends string>(
  value: unknown,
  words: readonly Word[],
  what: string,
): Word {
  const text = toText(value, what, "request-error");
  const word = words.find((word) => word === text);
  if (word === undefined) {
    const message = `${what} is ${JSON.stringify(text)}; it is one of ${words.join(", ")}`;
    throw refusal("request-error", message);
  }
  return word;
}

/** The members of a Web IDL dictionary; `undefined` and `null` have none. */
export function toDictionary(value: unknown, what: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" && typeof value !== "function") {
    throw refusal("request-error", `${what} is ${JSON.stringify(value)}; give an object`);
  }
  return value as Record<string, unknown>;
}

/** The text without blanks and line breaks around it ("HTTP whitespace"). */
export function trimBlanks(text: string): string {
  // No pattern: one that ends in blanks takes quadratic time for a value full of them.
  const isBlank = (index: number) => "\t\n\r ".includes(text.charAt(index));
  let [start, end] = [0, text.length];
  while (start < end && isBlank(start)) start += 1;
  while (end > start && isBlank(end - 1)) end -= 1;
  return text.slice(start, end);
}
