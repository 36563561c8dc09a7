import { refusal } from "./error.js";
import { REASONS } from "./reasons.js";
import { toByteString } from "./webidl.js";
import { WIRE_METHODS, type WireMethod } from "./wire.js";

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FORBIDDEN = ["CONNECT", "TRACE", "TRACK"];
/** Those that Fetch writes in upper case; `patch` is not among them. */
const NORMALIZED = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];

/** The method as `Request` has it: a token that Fetch permits, some in upper case. */
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

/** The method as the import names it. @throws TypeError if it is none of the seven. */
export function methodToWire(method: string): WireMethod {
  if (Object.hasOwn(WIRE_METHODS, method)) return WIRE_METHODS[method as keyof typeof WIRE_METHODS];
  const isPatch = method.toUpperCase() === "PATCH";
  throw refusal(isPatch ? REASONS.methodPatchInLowerCase : REASONS.unsupportedMethod, {});
}

/** The method of an inbound request. */
export function methodFromWire(method: WireMethod): string {
  return method.toUpperCase();
}
