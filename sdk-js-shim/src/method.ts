import { refusal } from "./error.js";
import { REASONS } from "./reasons.js";
import { toByteString } from "./webidl.js";
import { WIRE_METHODS, type WireMethod } from "./wire.js";

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FORBIDDEN = ["CONNECT", "TRACE", "TRACK"];
/** The methods that Fetch converts to upper case. PATCH is not one of them. */
const NORMALIZED = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];

/** Validates and normalizes the method of a `Request`. */
export function toMethod(value: unknown): string {
  const method = toByteString(value, "the method", "unsupported-method");
  const upper = method.toUpperCase();
  if (!TOKEN.test(method)) {
    throw refusal(REASONS.methodNotToken, { method: JSON.stringify(method) });
  }
  if (FORBIDDEN.includes(upper)) {
    throw refusal(REASONS.methodForbidden, { method: upper });
  }
  return NORMALIZED.includes(upper) ? upper : method;
}

/** Converts a method for the import. @throws TypeError if the import does not have it. */
export function methodToWire(method: string): WireMethod {
  if (Object.hasOwn(WIRE_METHODS, method)) return WIRE_METHODS[method as keyof typeof WIRE_METHODS];
  const isPatch = method.toUpperCase() === "PATCH";
  throw refusal(isPatch ? REASONS.methodPatchInLowerCase : REASONS.unsupportedMethod, {});
}

/** Converts the method of an inbound request. */
export function methodFromWire(method: WireMethod): string {
  return method.toUpperCase();
}
