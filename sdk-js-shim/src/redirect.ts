/** Redirects, for hosts that return them instead of following them. */

import { type Context, failure } from "./error.js";
import { REASONS } from "./reasons.js";
import { type Hop, isReader, type Received, type Transport } from "./transport.js";
import { type RequestUrl, shownUrl } from "./url.js";
import type { WireHeaders } from "./wire.js";

/** A redirect to a destination that no redirect may have. */
const REDIRECT_DENIED = {
  code: "destination-not-allowed",
  text: "the response is a redirect to {location}, where none may lead: it is not an http or https URL, or belongs to the component's own application",
} as const;

/** Why a redirect is not followed ("HTTP-redirect fetch", step 11). Only `wasi:http` sends a body as a stream. */
const REDIRECT_OF_STREAM = {
  code: "invalid-body",
  text: "the response is a redirect with status {status}, which asks for the request body again, but the body was a stream; send bytes, or request the target of the redirect",
} as const;

/** The limit of "HTTP-redirect fetch" (step 6). */
const MAX_REDIRECTS = 20;

const REDIRECT_STATUSES = [301, 302, 303, 307, 308];
/** Fields that must not reach another origin. */
const BOUND_TO_ORIGIN = ["authorization", "cookie", "host", "proxy-authorization"];
/** Fields that describe a body and are removed with it ("request-body-header name" of Fetch, and the length). */
const BOUND_TO_BODY = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-type",
];

/**
 * The next hop of a request, as "HTTP-redirect fetch" says; `undefined` if `response` is the result.
 *
 * @throws TypeError if the mode is `error` and the response is a redirect, if its location is invalid,
 * if there were too many redirects, or if the body would have to be sent again and was a stream.
 */
export function nextHop(
  hop: Hop,
  response: Received,
  { mode, count, transport }: { mode: RequestRedirect; count: number; transport: Transport },
): Hop | undefined {
  if (!REDIRECT_STATUSES.includes(response.status) || mode === "manual") return undefined;
  const { context } = hop;
  const locations = valuesOf(response.headers, "location").map((value) => transport.textOf(value));
  const location = JSON.stringify(locations.join(", "));
  const { status } = response;
  if (mode === "error") throw failure(REASONS.redirectForbidden, { status, location }, context);
  if (locations.length === 0 || transport.redirects(context) !== "returned") return undefined;
  const next = parseLocation(locations, hop.url, context);
  if (count === MAX_REDIRECTS) {
    throw failure(REASONS.tooManyRedirects, { location, limit: MAX_REDIRECTS }, context);
  }
  return follow(hop, next, status);
}

/** The target of a redirect. @throws TypeError if a request cannot be sent to it */
function parseLocation(locations: string[], { url }: RequestUrl, context: Context): RequestUrl {
  const [location = "", ...others] = locations;
  const shown = JSON.stringify(locations.join(", "));
  const invalid = () => failure(REASONS.redirectLocationInvalid, { location: shown }, context);
  // `canParse`, because the engine's error has no use here.
  if (others.some((other) => other !== location) || !URL.canParse(location, url.href)) {
    throw invalid();
  }
  const next = new URL(location, url.href);
  if (next.host === "") throw invalid();
  const isHttp = next.protocol === "http:" || next.protocol === "https:";
  if (!isHttp || (isOfApplication(next) && !isOfApplication(url))) {
    throw failure(REDIRECT_DENIED, { location: shown }, context);
  }
  if (next.username !== "" || next.password !== "") throw invalid();
  return { url: next, isPath: false };
}

/** Whether a URL names a component of the own application, which no upstream may choose. */
function isOfApplication({ hostname }: URL): boolean {
  const name = hostname.replace(/\.+$/, "");
  return name === "self" || name.endsWith(".spin.internal");
}

function follow(hop: Hop, next: RequestUrl, status: number): Hop {
  const { method, url, headers } = hop;
  const isPost = method === "POST" && (status === 301 || status === 302);
  const becomesGet = isPost || (status === 303 && method !== "GET" && method !== "HEAD");
  if (!becomesGet && isReader(hop.body)) {
    throw failure(REDIRECT_OF_STREAM, { status }, hop.context);
  }
  const removed = [
    ...(becomesGet ? BOUND_TO_BODY : []),
    ...(next.url.origin === url.url.origin ? [] : BOUND_TO_ORIGIN),
  ];
  const kept = headers.filter(([name]) => !removed.includes(name.toLowerCase()));
  const context = { ...hop.context, redirectedTo: shownUrl(next) };
  return becomesGet
    ? { method: "GET", url: next, headers: kept, body: undefined, context }
    : { ...hop, url: next, headers: kept, context };
}

function valuesOf(headers: WireHeaders, wanted: string): string[] {
  return headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
}
