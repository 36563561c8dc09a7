/** `data:` URLs, as Fetch processes them (section 6, "data: URL processor"). */

import { parseMimeType, serializeMimeType } from "./mime.js";
import { trimWhitespace } from "./webidl.js";

/** The bytes of a `data:` URL and their MIME type; `undefined` if it is malformed. */
export function parseDataUrl(
  href: string,
): { bytes: Uint8Array<ArrayBuffer>; type: string } | undefined {
  const comma = href.indexOf(",");
  if (comma === -1) return undefined;
  let type = trimWhitespace(href.slice("data:".length, comma));
  let bytes: Uint8Array<ArrayBuffer> | undefined = percentDecode(href.slice(comma + 1));
  if (/; *base64$/i.test(type)) {
    bytes = fromBase64(toBinary(bytes));
    type = type.replace(/; *base64$/i, "");
  }
  if (!bytes) return undefined;
  if (type.startsWith(";")) type = `text/plain${type}`;
  const parsed = parseMimeType(type);
  return { bytes, type: parsed ? serializeMimeType(parsed) : "text/plain;charset=US-ASCII" };
}

function percentDecode(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text);
  const decoded = new Uint8Array(bytes.length);
  let length = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const digits = bytes[index] === 0x25 && /^[0-9a-f]{2}$/i.exec(text.slice(index + 1, index + 3));
    decoded[length] = digits ? Number.parseInt(digits[0], 16) : (bytes[index] as number);
    if (digits) index += 2;
    length += 1;
  }
  return decoded.slice(0, length);
}

/** "Forgiving-base64 decode" of the Infra Standard, which `atob` implements. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function toBinary(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
