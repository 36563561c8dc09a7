import type { SendRequest } from "./wire.js";

/**
 * What kind of thing went wrong. Each code means the same in every SDK of this project.
 *
 * - `destination-not-allowed`: the host's policy does not permit the URL, the target of a redirect, or an address that the URL's host resolved to.
 * - `invalid-url`: the URL cannot be parsed, has user information, or is a path where there is no application to call.
 * - `request-error`: the request contradicts itself, or asks for what a component cannot have.
 * - `runtime-error`: the exchange failed: name resolution, connection, TLS, timeout, a limit, a redirect loop, or a malformed answer.
 * - `too-many-requests`: the host's cap on outbound calls or connections is reached.
 * - `unsupported-method`: the method is none of GET, POST, PUT, DELETE, PATCH, HEAD and OPTIONS. Nothing was sent.
 * - `invalid-header`: a name or value that is no header. Nothing was sent.
 * - `invalid-body`: the request's body cannot be read. Nothing was sent.
 * - `invalid-response`: the host's answer is no response, or not the one that `integrity` asks for.
 * - `no-host`: no host is there to ask: the program runs in Node, or is still being built. Nothing was sent.
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

/** The cases of the WIT enum `http-error`, with the code and the way out of each. */
export const WIRE_ERRORS: Readonly<Record<string, readonly [SpinHttpErrorCode, string]>> = {
  success: ["invalid-response", "the host answered with the error `success`, a fault of the host"],
  "destination-not-allowed": [
    "destination-not-allowed",
    "the component's permissions do not cover this call",
  ],
  "invalid-url": [
    "invalid-url",
    "the host cannot parse the URL, or it is a path and no application is there to call; " +
      "write the whole URL and percent-encode what is not plain",
  ],
  "request-error": [
    "request-error",
    "the request contradicts itself; leave `content-length` out, or make it the body's length",
  ],
  "runtime-error": [
    "runtime-error",
    "the exchange failed (name resolution, connection, TLS, timeout, a limit, or a malformed " +
      "answer); the host's log says which",
  ],
  "too-many-requests": [
    "too-many-requests",
    "the cap on outbound calls is reached; make fewer, or raise it at the host",
  ],
};

/**
 * Why a request has no response: the `cause` of the `TypeError` that `fetch` rejects with.
 *
 * Match on `code`, which is stable; show `message`, which names the request and the way out.
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
  /** What kind of thing went wrong: the WIT's word, or what the SDK found before the call. */
  readonly code: SpinHttpErrorCode;
  /** The method of the request; `undefined` if a constructor failed, which knows no request. */
  readonly method: string | undefined;
  /** The URL of the request without user information; `/path` for a call to the own application. */
  readonly url: string | undefined;

  /** Made by the SDK; public so that a test of your own can make one. */
  constructor(
    code: SpinHttpErrorCode,
    message: string,
    options?: ErrorOptions & { method?: string; url?: string },
  ) {
    super(message, options);
    this.code = code;
    this.method = options?.method;
    this.url = options?.url;
  }

  static {
    SpinHttpError.prototype.name = "SpinHttpError";
  }
}

/** What a constructor throws: a `TypeError`, as the standard says, that knows its code. */
export function refusal(
  code: SpinHttpErrorCode,
  message: string,
  options?: ErrorOptions,
): TypeError {
  return new TypeError(message, { cause: new SpinHttpError(code, message, options) });
}

/** What `fetch` rejects with: `message`, with the request it befell. */
export function failure(
  code: SpinHttpErrorCode,
  message: string,
  context: { method: string; url: string; cause?: unknown },
): TypeError {
  const { method, url } = context;
  const text = `${method} ${url}: ${message}`;
  const options = "cause" in context ? { method, url, cause: context.cause } : { method, url };
  return new TypeError(text, { cause: new SpinHttpError(code, text, options) });
}

/** Names the request in an error of a constructor; every other value stays as it is. */
export function withContext(error: unknown, context: { method: string; url: string }): unknown {
  const cause = error instanceof TypeError ? error.cause : undefined;
  if (!(cause instanceof SpinHttpError) || cause.method !== undefined) return error;
  const inner = "cause" in cause ? { cause: cause.cause } : {};
  return failure(cause.code, cause.message, { ...context, ...inner });
}

/** What {@link SendRequest} threw, as what `fetch` rejects with. */
export function errorFromWire(
  thrown: unknown,
  context: { method: string; url: string },
): TypeError {
  if (thrown instanceof TypeError && thrown.cause instanceof SpinHttpError) {
    return withContext(thrown, context) as TypeError;
  }
  const word = (thrown as { payload?: unknown } | null | undefined)?.payload;
  const known = typeof word === "string" && Object.hasOwn(WIRE_ERRORS, word) && WIRE_ERRORS[word];
  if (!known) {
    const shown = word === undefined ? String(thrown) : String(word);
    const message = `the host answered with an error that this SDK does not know: ${shown}`;
    return failure("invalid-response", message, { ...context, cause: thrown });
  }
  const [code, message] = known;
  const wayOut = code === "destination-not-allowed" ? permission(context.url) : "";
  return failure(code, message + wayOut, context);
}

/** Names the entry of the manifest that would permit `url`. */
function permission(url: string): string {
  const { protocol, host } = new URL(url, "http://self/");
  if (protocol !== "http:" && protocol !== "https:") {
    return "; no entry permits another scheme than http and https";
  }
  const entry = host === "self" ? "http://self" : `${protocol}//${host}`;
  const other = host === "self" ? '"self" ' : "";
  return (
    `; add "${entry}" to allowed_outbound_hosts (${other}to allowed_http_hosts in a manifest of ` +
    "version 1); if it is listed, a redirect hop or a blocked network was refused: see the host's log"
  );
}
