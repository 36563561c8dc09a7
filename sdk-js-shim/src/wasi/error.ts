/** The errors of calls over `wasi:http`. */

import { type Context, failure, failureOf, permission, type SpinHttpErrorCode } from "../error.js";
import { REASONS, type Reason } from "../reasons.js";
import { ERROR_CODES } from "./error-code.js";
import type { ErrorCode } from "./wit.js";

/** Why the SDK cannot send a request over `wasi:http`. The table that all SDKs share does not have these. */
export const WASI_REASONS = {
  hostField: {
    code: "invalid-header",
    text: "the header `host` is {value}, but wasi:http sends the host of the URL; remove the header, or build without `--backend wasi-http`",
  },
  fieldRefused: {
    code: "invalid-header",
    text: "the host does not permit the header `{name}` in a request over wasi:http; remove it",
  },
  methodRefused: {
    code: "unsupported-method",
    text: "the host does not support the method {method}",
  },
} as const satisfies Record<string, Reason>;

/** What each kind of error means if the host found it. */
const TEXTS: Readonly<Partial<Record<SpinHttpErrorCode, string>>> = {
  "destination-not-allowed": REASONS.destinationNotAllowed.text,
  "invalid-url": REASONS.invalidUrl.text,
  "request-error": "the host does not accept a request body of this length",
  "too-many-requests": REASONS.tooManyRequests.text,
  "unsupported-method": "the host does not support this method",
};

/**
 * The `TypeError` for an error code of the host; `undefined` if the host gave none. Its cause has the code as
 * `causeCode`.
 */
export function errorOfCode(code: ErrorCode | undefined, context: Context): TypeError {
  if (!code) return failure(REASONS.runtimeError, {}, context);
  const { tag } = code;
  const kind = Object.hasOwn(ERROR_CODES, tag) ? ERROR_CODES[tag] : undefined;
  if (!kind) return failure(REASONS.unknownHostError, { error: tag }, context);
  const text = `${TEXTS[kind] ?? "the request failed"} (${tag}${detailOf(code)})`;
  const advice = kind === "destination-not-allowed" ? permission(context) : "";
  return failureOf(kind, text + advice, { ...context, causeCode: tag });
}

/** What the host says beside the code: text, or numbers and text by name. */
function detailOf({ val }: ErrorCode): string {
  if (val === undefined || val === null) return "";
  const parts =
    typeof val === "object"
      ? Object.entries(val).filter(([, value]) => value !== undefined && value !== null)
      : [["", val]];
  return parts.map(([name, value]) => `: ${name ? `${name} ` : ""}${String(value)}`).join("");
}
