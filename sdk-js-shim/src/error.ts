import { describe } from "./describe.js";
import { fill, REASONS, type Reason, type Values } from "./reasons.js";
import type { SendRequest } from "./wire.js";

/**
 * The category of an error. Each code means the same in every SDK of this project.
 *
 * - `destination-not-allowed`: the host's policy does not permit the URL, the target of a redirect, or an address that the URL's host resolved to.
 * - `invalid-url`: the URL cannot be parsed, contains user information, or is a path although there is no application to call.
 * - `request-error`: the request is inconsistent, or has an option that a component does not support.
 * - `runtime-error`: the request failed: name resolution, connection, TLS, timeout, a limit, a redirect loop, a redirect that `redirect: "error"` forbids, or a malformed response, such as a body that cannot be decoded.
 * - `too-many-requests`: the host's limit on outbound requests or connections is reached.
 * - `unsupported-method`: the method is not GET, POST, PUT, DELETE, PATCH, HEAD or OPTIONS, or, over `wasi:http`, one that Fetch forbids. Nothing was sent.
 * - `invalid-header`: a header name or value is invalid. Nothing was sent.
 * - `invalid-body`: the request body cannot be read, or a redirect asks for a stream again. Over `fermyon:spin/http`, nothing was sent.
 * - `invalid-response`: the host returned an invalid response, or its body does not match `integrity`.
 * - `no-host`: there is no host: the program runs in Node, or is still being built. Nothing was sent.
 */
export type SpinHttpErrorCode =
  | "destination-not-allowed"
  | "invalid-url"
  | "request-error"
  | "runtime-error"
  | "too-many-requests"
  | "unsupported-method"
  | "invalid-header"
  | "invalid-body"
  | "invalid-response"
  | "no-host";

/** The reason of each case of the WIT enum `http-error`. */
export const WIRE_ERRORS: Readonly<Record<string, Reason>> = {
  success: REASONS.hostReturnedSuccess,
  "destination-not-allowed": REASONS.destinationNotAllowed,
  "invalid-url": REASONS.invalidUrl,
  "request-error": REASONS.requestError,
  "runtime-error": REASONS.runtimeError,
  "too-many-requests": REASONS.tooManyRequests,
};

/**
 * Why a request has no response: the `cause` of the `TypeError` that `fetch` rejects with.
 *
 * Match on `code`, which is stable. `message` names the request, the problem and the fix.
 *
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { fetch, SpinHttpError } from "spin-fetch";
 *
 * const error = await fetch("https://user:secret@api.test/").catch((error) => error);
 * assert(error instanceof TypeError);
 * assert(error.cause instanceof SpinHttpError);
 * assert.equal(error.cause.code, "invalid-url");
 * assert.equal(error.cause.url, "https://api.test/");
 * ```
 */
export class SpinHttpError extends Error {
  /** The category of the error. */
  readonly code: SpinHttpErrorCode;
  /** The method of the request; `undefined` if a constructor threw the error. */
  readonly method: string | undefined;
  /** The URL of the request without user information; `/path` for a call of the own application. */
  readonly url: string | undefined;
  /**
   * The error code of `wasi:http` that the host returned, such as `connection-refused`; the names are those
   * of the WIT. `undefined` if the SDK found the error, and over `fermyon:spin/http`, which has no such codes.
   */
  readonly causeCode: string | undefined;

  /** The SDK creates these errors. The constructor is public for your tests. */
  constructor(
    code: SpinHttpErrorCode,
    message: string,
    options?: ErrorOptions & { method?: string; url?: string; causeCode?: string },
  ) {
    super(message, options);
    this.code = code;
    this.method = options?.method;
    this.url = options?.url;
    this.causeCode = options?.causeCode;
  }

  static {
    SpinHttpError.prototype.name = "SpinHttpError";
  }
}

/** The request that an error is about, and the cause of the error. */
export interface Context {
  method: string;
  url: string;
  /** Where the upstream has redirected the request to. */
  redirectedTo?: string;
  cause?: unknown;
  causeCode?: string;
}

/** The `TypeError` that a constructor throws, as the standard requires. Its `cause` has the code. */
export function refusal<R extends Reason>(
  reason: R,
  values: Values<R["text"]>,
  options?: ErrorOptions,
): TypeError {
  const message = fill(reason.text, values);
  return new TypeError(message, { cause: new SpinHttpError(reason.code, message, options) });
}

/** The `TypeError` that `fetch` rejects with. Its message begins with the request. */
export function failure<R extends Reason>(
  reason: R,
  values: Values<R["text"]>,
  context: Context,
): TypeError {
  return failureOf(reason.code, fill(reason.text, values), context);
}

/** As {@link failure}, with a text that is complete. */
export function failureOf(code: SpinHttpErrorCode, message: string, context: Context): TypeError {
  const { method, url, redirectedTo } = context;
  const hop = redirectedTo === undefined ? "" : `; the request was redirected to ${redirectedTo}`;
  const text = `${method} ${url}: ${message}${hop}`;
  return new TypeError(text, { cause: new SpinHttpError(code, text, context) });
}

/** Adds the request to an error that a constructor threw. Every other value is returned as it is. */
export function withContext(error: unknown, context: { method: string; url: string }): unknown {
  const cause = error instanceof TypeError ? error.cause : undefined;
  if (!(cause instanceof SpinHttpError) || cause.method !== undefined) return error;
  const inner = "cause" in cause ? { cause: cause.cause } : {};
  return failureOf(cause.code, cause.message, { ...context, ...inner });
}

/** Converts what {@link SendRequest} threw to the error that `fetch` rejects with. */
export function errorFromWire(thrown: unknown, context: Context): TypeError {
  if (thrown instanceof TypeError && thrown.cause instanceof SpinHttpError) {
    return withContext(thrown, context) as TypeError;
  }
  const name = (thrown as { payload?: unknown } | null | undefined)?.payload;
  const reason = typeof name === "string" && Object.hasOwn(WIRE_ERRORS, name) && WIRE_ERRORS[name];
  if (!reason) {
    const error = describe(name ?? thrown);
    return failure(REASONS.unknownHostError, { error }, { ...context, cause: thrown });
  }
  const advice = reason === REASONS.destinationNotAllowed ? permission(context) : "";
  return failureOf(reason.code, reason.text + advice, context);
}

/** The text after the reason `destinationNotAllowed`: names the manifest entry that would permit the call. */
export function permission({ url, redirectedTo }: Context): string {
  const { protocol, host } = new URL(redirectedTo ?? url, "http://self/");
  if (protocol !== "http:" && protocol !== "https:") {
    return `; ${REASONS.schemeCannotBePermitted.text}`;
  }
  const entry =
    host === "self"
      ? REASONS.addSelf.text
      : fill(REASONS.addOrigin.text, { origin: `${protocol}//${host}` });
  return `; ${entry}; ${REASONS.listedAlready.text}`;
}
