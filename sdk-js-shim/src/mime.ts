import { trimWhitespace } from "./webidl.js";

/** A MIME type, as the MIME Sniffing Standard parses and serializes it (sections 4.4 and 4.5). */
export interface MimeType {
  /** Type and subtype in lower case, such as `text/plain`. */
  essence: string;
  parameters: Map<string, string>;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const QUOTED_TEXT = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Parses a MIME type; `undefined` if `text` is invalid. */
export function parseMimeType(text: string): MimeType | undefined {
  const [head = "", ...rest] = splitOutsideQuotes(trimWhitespace(text), ";");
  const slash = head.indexOf("/");
  const type = head.slice(0, slash);
  const subtype = trimWhitespace(head.slice(slash + 1));
  if (slash < 1 || !TOKEN.test(type) || !TOKEN.test(subtype)) return undefined;
  const parameters = new Map<string, string>();
  for (const parameter of rest) addParameter(parameters, trimWhitespace(parameter));
  return { essence: `${type}/${subtype}`.toLowerCase(), parameters };
}

function addParameter(parameters: Map<string, string>, text: string): void {
  const equals = text.indexOf("=");
  if (equals < 1) return;
  const name = text.slice(0, equals).toLowerCase();
  let value = text.slice(equals + 1);
  if (value.startsWith('"')) {
    value = /^"((?:[^"\\]|\\.)*)/s.exec(value)?.[1]?.replace(/\\(.)/gs, "$1") ?? "";
  } else {
    value = trimWhitespace(value);
    if (value === "") return;
  }
  if (TOKEN.test(name) && QUOTED_TEXT.test(value) && !parameters.has(name)) {
    parameters.set(name, value);
  }
}

/** Serializes a MIME type. */
export function serializeMimeType({ essence, parameters }: MimeType): string {
  let text = essence;
  for (const [name, value] of parameters) {
    const quoted = TOKEN.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
    text += `;${name}=${quoted}`;
  }
  return text;
}

/** "Extract a MIME type" of Fetch: the last valid one of all values of `content-type`. */
export function mimeTypeOf(contentType: string | null): MimeType | undefined {
  let result: MimeType | undefined;
  let charset: string | undefined;
  for (const part of contentType === null ? [] : splitOutsideQuotes(contentType, ",")) {
    const type = parseMimeType(part);
    if (!type || type.essence === "*/*") continue;
    if (type.essence !== result?.essence) charset = type.parameters.get("charset");
    else if (charset !== undefined && !type.parameters.has("charset")) {
      type.parameters.set("charset", charset);
    }
    result = type;
  }
  return result;
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts = [""];
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === separator && !isQuoted) {
      parts.push("");
      continue;
    }
    if (character === '"') isQuoted = !isQuoted;
    parts[parts.length - 1] += character;
    if (character === "\\" && isQuoted && index + 1 < text.length) {
      index += 1;
      parts[parts.length - 1] += text.charAt(index);
    }
  }
  return parts;
}
