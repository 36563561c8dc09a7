/** Header fields. Values are bytes in the WIT, and byte strings in Fetch. */

import { Fields } from "wasi:http/types@0.2.0";
import { mapFields, valuesOf, type WireHeaders } from "../wire.js";
import type { WitFields, Fields as WitFieldsResource } from "./wit.js";

/** Converts fields for the host. @throws what the host throws if it refuses one */
export function fieldsToWit(list: WireHeaders): WitFieldsResource {
  return Fields.fromList(mapFields(list, (pair) => [pair[0], toBytes(pair[1])]));
}

/** The name of a field that the host refuses, or `undefined` if it accepts each alone. */
export function refusedName(list: WireHeaders): string | undefined {
  return list.find((pair) => {
    try {
      fieldsToWit([pair])[Symbol.dispose]();
      return false;
    } catch {
      return true;
    }
  })?.[0];
}

/** Converts the fields of the host, and disposes of their resource. */
export function fieldsFromWit(fields: WitFieldsResource): WireHeaders {
  const entries: WitFields = fields.entries();
  fields[Symbol.dispose]();
  return mapFields(entries, (pair) => [pair[0], toByteString(pair[1])]);
}

/** The length in the field `content-length`; `undefined` if there is none, or it is not a number. */
export function lengthIn(list: WireHeaders): number | undefined {
  const value = valuesOf(list, "content-length")[0];
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function toBytes(text: string): Uint8Array {
  // Only text in ASCII has as many bytes in UTF-8 as characters.
  const utf8 = encoder.encode(text);
  if (utf8.byteLength === text.length) return utf8;
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function toByteString(bytes: Uint8Array): string {
  // As in `toBytes`, but a byte that is not UTF-8 becomes one character.
  const utf8 = decoder.decode(bytes);
  if (utf8.length === bytes.byteLength && !utf8.includes("\ufffd")) return utf8;
  let text = "";
  // In pieces, because a call takes a limited number of arguments.
  for (let start = 0; start < bytes.byteLength; start += 4096) {
    const piece = bytes.subarray(start, start + 4096);
    // Not spread, which is a call of an iterator for each byte.
    text += Reflect.apply(String.fromCharCode, undefined, piece);
  }
  return text;
}
