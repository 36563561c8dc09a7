import type { SpinHttpErrorCode } from "./error.js";

/**
 * Why a request has no response: the code, and a text in which `{name}` is a placeholder.
 *
 * The SDKs share these texts. A test compares {@link REASONS} with the table that all SDKs share,
 * `host-test-harness/conformance/sdk-errors.json`.
 */
export interface Reason {
  code: SpinHttpErrorCode;
  text: string;
}

/** The placeholders of a text. */
type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** A value for each placeholder of a text. */
export type Values<Text extends string> = Record<Placeholders<Text>, string | number>;

/** Fills in the placeholders of a text. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name) => String(values[name] ?? placeholder));
}

/**
 * All reasons of this SDK.
 *
 * A reason whose `code` is a list gets the code of the value that it is about.
 */
export const REASONS = {
  destinationNotAllowed: {
    code: "destination-not-allowed",
    text: "the component's permissions do not cover this call",
  },
  addOrigin: {
    code: "destination-not-allowed",
    text: 'add "{origin}" to allowed_outbound_hosts (or to allowed_http_hosts in a version 1 manifest)',
  },
  addSelf: {
    code: "destination-not-allowed",
    text: 'add "http://self" to allowed_outbound_hosts (or "self" to allowed_http_hosts in a version 1 manifest)',
  },
  listedAlready: {
    code: "destination-not-allowed",
    text: "if it is listed already, the host denied a redirect target or a blocked network: see the host's log",
  },
  schemeCannotBePermitted: {
    code: "destination-not-allowed",
    text: "only http and https URLs can be permitted",
  },
  invalidUrl: {
    code: "invalid-url",
    text: "the host cannot parse the URL, or the URL is a path and there is no application to call; use an absolute URL and percent-encode special characters",
  },
  requestError: {
    code: "request-error",
    text: "the request is inconsistent; remove the `content-length` header or set it to the length of the body",
  },
  runtimeError: {
    code: "runtime-error",
    text: "the request failed (name resolution, connection, TLS, timeout, a limit, or a malformed response); see the host's log for the cause",
  },
  tooManyRequests: {
    code: "too-many-requests",
    text: "the host's limit on outbound requests is reached; send fewer requests or raise the limit in the host",
  },
  hostReturnedSuccess: {
    code: "invalid-response",
    text: "the host returned the error code `success`, which is a bug in the host",
  },
  unknownHostError: {
    code: "invalid-response",
    text: "the host returned an error that this SDK does not recognize: {error}",
  },

  noHost: {
    code: "no-host",
    text: "this program does not run inside a Spin host; build a component and run it in a host, or use the MockAgent of spin-fetch/testing in a test",
  },
  noHostDuringBuild: {
    code: "no-host",
    text: "the component is still being built; call fetch in a handler, not at the top level",
  },
  noMock: {
    code: "no-host",
    text: "no mock matches {method} {url}, because no mock was added; add one with agent.on(…)",
  },
  mockUsedUp: {
    code: "no-host",
    text: "no mock matches {method} {url}: {mock} was already used {uses} times",
  },
  nearestMockDiffers: {
    code: "no-host",
    text: "no mock matches {method} {url}; the nearest is {mock}, but\n{differences}",
  },

  userInformation: {
    code: "invalid-url",
    text: "the URL contains user information, which is never sent; remove it and set an `authorization` header",
  },
  urlUnparsable: {
    code: "invalid-url",
    text: "the URL cannot be parsed; start it with http:// or https://, or with / to call the component's own application",
  },
  redirectUrlUnparsable: { code: "invalid-url", text: "the URL {url} cannot be parsed" },
  dataUrlMalformed: { code: "invalid-url", text: "the data: URL is malformed" },
  blobUrlUnknown: {
    code: "invalid-url",
    text: "no blob has this URL; it was revoked, or another instance created it",
  },

  unsupportedMethod: {
    code: "unsupported-method",
    text: "the host does not support this method; use GET, POST, PUT, DELETE, PATCH, HEAD or OPTIONS, in upper case",
  },
  methodNotToken: {
    code: "unsupported-method",
    text: "{method} is not a valid method; use GET, POST or another token",
  },
  methodForbidden: {
    code: "unsupported-method",
    text: "fetch does not permit the method {method}",
  },
  methodPatchInLowerCase: {
    code: "unsupported-method",
    text: "methods are case-sensitive, and fetch does not convert this one to upper case; use PATCH",
  },
  blobUrlMethod: {
    code: "unsupported-method",
    text: "a blob: URL can only be requested with GET",
  },

  headerNameNotToken: {
    code: "invalid-header",
    text: "the header name {name} is not a token (RFC 9110); use letters, digits and hyphens",
  },
  headerValueLineBreak: {
    code: "invalid-header",
    text: "the value {value} of header `{name}` contains a line break or NUL; remove it",
  },
  headersImmutable: {
    code: "invalid-header",
    text: "these headers are immutable; copy them with new Headers(…)",
  },
  headersNotObject: {
    code: "invalid-header",
    text: "headers are {value}; pass an object or pairs of name and value",
  },
  headerEntryNotPair: {
    code: "invalid-header",
    text: "an entry of the headers is not a pair of name and value",
  },

  bodyUnreadable: { code: "invalid-body", text: "the body cannot be read: {cause}" },
  bodyUsed: {
    code: "invalid-body",
    text: "the body cannot be {use}, because it was read already; call clone() before you read it",
  },
  bodyLocked: {
    code: "invalid-body",
    text: "the body cannot be {use}, because a reader has locked it; call clone() before you read it",
  },
  bodyStreamLocked: {
    code: "invalid-body",
    text: "the body is a stream that a reader has locked; pass an unlocked stream",
  },
  bodyOfGet: {
    code: "invalid-body",
    text: "a {method} request cannot have a body in fetch; use POST or remove the body",
  },
  streamWithoutDuplex: {
    code: "invalid-body",
    text: 'a stream as the body requires the option `duplex: "half"`',
  },
  streamWithKeepalive: {
    code: "invalid-body",
    text: "a stream as the body cannot be sent with `keepalive`",
  },

  valueIsSymbol: {
    code: ["invalid-body", "invalid-header", "invalid-url", "request-error", "unsupported-method"],
    text: "{what} is a symbol; pass a string",
  },
  valueNotLatin1: {
    code: ["invalid-header", "request-error", "unsupported-method"],
    text: "{what} contains the character {character}, which is above U+00FF; encode it, for example with encodeURIComponent",
  },
  optionNotObject: { code: "request-error", text: "{what} is {value}; pass an object" },
  optionUnknown: { code: "request-error", text: "{what} is {value}; use one of {values}" },
  windowNotNull: { code: "request-error", text: "`window` must be null" },
  modeNavigate: { code: "request-error", text: '`mode: "navigate"` is for browsers only' },
  onlyIfCachedMode: {
    code: "request-error",
    text: '`cache: "only-if-cached"` requires `mode: "same-origin"`',
  },
  onlyIfCached: {
    code: "request-error",
    text: '`cache: "only-if-cached"` finds nothing, because a component has no cache',
  },
  referrerNotUrl: {
    code: "request-error",
    text: "`referrer` is {value}, which is not a URL",
  },
  signalInvalid: { code: "request-error", text: "`signal` is not an AbortSignal" },
  redirectMode: {
    code: "request-error",
    text: '`redirect: "{mode}"` is not supported, because the host follows redirects and does not report them; remove it, or configure the host to follow none and set the environment variable {variable} of the component to `returned`, or set it to `followed` to accept that the host follows redirects of this request',
  },
  redirectHandlingUnknown: {
    code: "request-error",
    text: "the environment variable {variable} is {value}; use one of {values}",
  },

  redirectForbidden: {
    code: "runtime-error",
    text: 'the response is a redirect with status {status} to {location}, which `redirect: "error"` forbids',
  },
  redirectLocationInvalid: {
    code: "runtime-error",
    text: "the response is a redirect to {location}, which is not a valid URL",
  },
  tooManyRedirects: {
    code: "runtime-error",
    text: "the response is a redirect to {location} after {limit} redirects, which is the limit",
  },
  bodyNotDecodable: {
    code: "runtime-error",
    text: "the response body cannot be decoded as `content-encoding: {coding}`: {cause}",
  },
  decodedBodyTooLarge: {
    code: "runtime-error",
    text: "the response body is larger than {limit} bytes when it is decoded",
  },
  tooManyContentCodings: {
    code: "runtime-error",
    text: "the response has {count} content codings; at most {limit} are decoded",
  },

  statusOutOfRange: {
    code: "invalid-response",
    text: "the response status {status} is outside the range 200 to 999",
  },
  responseHeaderInvalid: {
    code: "invalid-response",
    text: "the response has an invalid header: {cause}",
  },
  integrityMismatch: {
    code: "invalid-response",
    text: "the body matches none of the hashes in `integrity`: {integrity}",
  },
} as const satisfies Record<
  string,
  { code: Reason["code"] | readonly Reason["code"][]; text: string }
>;
