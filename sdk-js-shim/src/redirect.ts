/** Redirects, for hosts that return them instead of following them. */

import { type Context, failure } from "./error.js";
import { REASONS, type Reason } from "./reasons.js";
import { type Hop, isReader, type Received, type Transport } from "./transport.js";
import { type RequestUrl, shownInput, shownUrl } from "./url.js";
import { valuesOf } from "./wire.js";

/** Why no request can be sent to a location, beside the reasons of the table that all SDKs share. */
const LOCATION_REASONS = {
  several: {
    code: "runtime-error",
    text: "the response is a redirect with several `location` fields that differ: {location}",
  },
  scheme: {
    code: "destination-not-allowed",
    text: "the response is a redirect to {location}, which is not an http or https URL",
  },
  schemeWithoutHost: {
    code: "runtime-error",
    text: "the response is a redirect to {location}, which is not an http or https URL",
  },
  ofApplication: {
    code: "destination-not-allowed",
    text: "the response is a redirect to {location}, which belongs to the component's own application, where no upstream may redirect a request to",
  },
  userInformation: {
    code: "runtime-error",
    text: "the response is a redirect to {location} with user information, which is not shown here and not sent",
  },
} as const satisfies Record<string, Reason>;

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
  const location = shownLocations(locations, hop.url);
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
function parseLocation(locations: string[], base: RequestUrl, context: Context): RequestUrl {
  const [text = "", ...others] = locations;
  const location = shownLocations(locations, base);
  const refuse = (reason: Reason) => failure(reason, { location }, context);
  if (others.some((other) => other !== text)) throw refuse(LOCATION_REASONS.several);
  const url = parse(text, base);
  if (!url) throw refuse(REASONS.redirectLocationInvalid);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw refuse(url.host === "" ? LOCATION_REASONS.schemeWithoutHost : LOCATION_REASONS.scheme);
  }
  if (isOfApplication(url) && !isOfApplication(base.url)) {
    throw refuse(LOCATION_REASONS.ofApplication);
  }
  if (hasUserInformation(url)) throw refuse(LOCATION_REASONS.userInformation);
  return { url, isPath: false };
}

/** The locations for errors, without user information. */
function shownLocations(locations: string[], base: RequestUrl): string {
  const shown = locations.map((location) => {
    const url = parse(location, base);
    if (!url) return shownInput(location);
    if (!hasUserInformation(url)) return location;
    url.username = "";
    url.password = "";
    return url.href;
  });
  return JSON.stringify(shown.join(", "));
}

function parse(location: string, { url }: RequestUrl): URL | undefined {
  // `canParse`, because the engine's error has no use here.
  return URL.canParse(location, url.href) ? new URL(location, url.href) : undefined;
}

function hasUserInformation({ username, password }: URL): boolean {
  return username !== "" || password !== "";
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
