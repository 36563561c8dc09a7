/** Redirects, for hosts that return them instead of following them. */

import { type Context, failure } from "./error.js";
import { methodFromWire } from "./method.js";
import { REASONS } from "./reasons.js";
import { type RequestUrl, shownUrl, urlToWire } from "./url.js";
import type { WireHeaders, WireRequest, WireResponse } from "./wire.js";

/** The environment variable with which the developer says what the host does with redirects. */
const VARIABLE = "SPIN_FETCH_REDIRECTS";

/**
 * The values of {@link VARIABLE}.
 *
 * - `returned`: the host returns redirects, and `fetch` handles them as each request's `redirect` says.
 * - `followed`: the host may follow redirects, and the developer accepts that for requests with
 *   `redirect: "manual"` and `redirect: "error"` too.
 */
const HANDLINGS = ["returned", "followed"] as const;
type Handling = (typeof HANDLINGS)[number];

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

/** One exchange of a chain of redirects. */
export interface Hop {
  wire: WireRequest;
  url: RequestUrl;
}

/** The environment of the component. */
export type Environment = () => Readonly<Record<string, string>>;

/** The method and the URL of a hop, for errors. */
export function contextOfHop({ wire, url }: Hop): { method: string; url: string } {
  return { method: methodFromWire(wire.method), url: shownUrl(url) };
}

/**
 * Checks that the mode of a request can be honoured, and the value of {@link VARIABLE}.
 *
 * @throws TypeError if the host may follow redirects without reporting them, and nothing says that the
 * developer accepts that.
 */
export function assertModeIsPossible(
  mode: RequestRedirect,
  environment: Environment,
  context: Context,
): void {
  // A misspelt value is an error of every request, not only of the first one that is redirected.
  const handling = handlingIn(environment, context);
  if (mode === "follow" || handling) return;
  throw failure(REASONS.redirectMode, { mode, variable: VARIABLE }, context);
}

/**
 * The next hop of a request, as "HTTP-redirect fetch" says; `undefined` if `response` is the result.
 *
 * @throws TypeError if the mode is `error` and the response is a redirect, if its location is invalid,
 * or if there were too many redirects.
 */
export function nextHop(
  hop: Hop,
  response: WireResponse,
  { mode, count, environment }: { mode: RequestRedirect; count: number; environment: Environment },
): Hop | undefined {
  if (!REDIRECT_STATUSES.includes(response.status) || mode === "manual") return undefined;
  const context = contextOfHop(hop);
  const locations = valuesOf(response.headers ?? [], "location");
  const location = JSON.stringify(locations.join(", "));
  const { status } = response;
  if (mode === "error") throw failure(REASONS.redirectForbidden, { status, location }, context);
  if (locations.length === 0 || handlingIn(environment, context) !== "returned") return undefined;
  const next = parseLocation(locations, hop.url);
  if (!next) throw failure(REASONS.redirectLocationInvalid, { location }, context);
  if (count === MAX_REDIRECTS) {
    throw failure(REASONS.tooManyRedirects, { location, limit: MAX_REDIRECTS }, context);
  }
  return follow(hop, next, status);
}

function handlingIn(environment: Environment, context: Context): Handling | undefined {
  const value = environment()[VARIABLE];
  if (value === undefined) return undefined;
  const handling = HANDLINGS.find((handling) => handling === value);
  if (handling) return handling;
  const values = HANDLINGS.join(", ");
  const shown = { variable: VARIABLE, value: JSON.stringify(value), values };
  throw failure(REASONS.redirectHandlingUnknown, shown, context);
}

/** The target of a redirect; `undefined` if a request cannot be sent to it. */
function parseLocation(locations: string[], { url }: RequestUrl): RequestUrl | undefined {
  const [location, ...others] = locations;
  if (location === undefined || others.some((other) => other !== location)) return undefined;
  // `canParse`, because the engine's error has no use here.
  if (!URL.canParse(location, url.href)) return undefined;
  const next = new URL(location, url.href);
  const isHttp = next.protocol === "http:" || next.protocol === "https:";
  if (!isHttp || next.username !== "" || next.password !== "") return undefined;
  if (isOfApplication(next) && !isOfApplication(url)) return undefined;
  return { url: next, isPath: false };
}

/** Whether a URL names a component of the own application, which no upstream may choose. */
function isOfApplication({ hostname }: URL): boolean {
  const name = hostname.replace(/\.+$/, "");
  return name === "self" || name.endsWith(".spin.internal");
}

function follow({ wire, url }: Hop, next: RequestUrl, status: number): Hop {
  const isPost = wire.method === "post" && (status === 301 || status === 302);
  const becomesGet = isPost || (status === 303 && wire.method !== "get" && wire.method !== "head");
  const removed = [
    ...(becomesGet ? BOUND_TO_BODY : []),
    ...(next.url.origin === url.url.origin ? [] : BOUND_TO_ORIGIN),
  ];
  const headers = wire.headers.filter(([name]) => !removed.includes(name.toLowerCase()));
  const repeated = { ...wire, uri: urlToWire(next), headers };
  return {
    wire: becomesGet ? { ...repeated, method: "get", body: undefined } : repeated,
    url: next,
  };
}

function valuesOf(headers: WireHeaders, wanted: string): string[] {
  return headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
}
