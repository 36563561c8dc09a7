import { untilAborted } from "./abort.js";
import { resolveObjectUrl } from "./blob-url.js";
import { sourceOf } from "./body.js";
import { parseDataUrl } from "./data-url.js";
import { type Context, failure, withContext } from "./error.js";
import { fromList } from "./headers.js";
import { matchesIntegrity } from "./integrity.js";
import { REASONS } from "./reasons.js";
import { nextHop } from "./redirect.js";
import { contextOf, givenSignalOf, Request, urlOf } from "./request.js";
import { networkResponse, type Response, responseFromWire } from "./response.js";
import { VARIABLE } from "./spin-transport.js";
import { describeTimeout } from "./timeout.js";
import {
  type Awaitable,
  type Hop,
  isPending,
  isReader,
  type Received,
  type Transport,
} from "./transport.js";
import { shownInput, withoutFragment } from "./url.js";

/** Makes the standard `fetch` of a transport. */
export function createFetch(transport: Transport) {
  // The default makes `init` optional in `fetch.length`, too.
  return async function fetch(input: unknown, init: unknown = undefined): Promise<Response> {
    const request = makeRequest(input, init);
    const signal = givenSignalOf(request);
    try {
      signal?.throwIfAborted();
      assertSupported(request);
      const response = await load(request, transport);
      if (signal && transport.blocks) await letTimersRun();
      signal?.throwIfAborted();
      if (signal) sourceOf(response)?.endWith(signal);
      if (request.integrity !== "") await checkIntegrity(request, response);
      return response;
    } catch (thrown) {
      if (signal?.aborted && thrown === signal.reason) describeTimeout(thrown, contextOf(request));
      const error = withContext(thrown, contextOf(request));
      sourceOf(request)?.cancel(error);
      throw error;
    }
  };
}

function makeRequest(input: unknown, init: unknown): Request {
  try {
    return new Request(input, init);
  } catch (error) {
    const original = input instanceof Request ? contextOf(input) : undefined;
    const given = (init as RequestInit | null | undefined)?.method;
    const method = shownInput(given ?? original?.method ?? "GET");
    throw withContext(error, { method, url: original?.url ?? shownInput(input) });
  }
}

function assertSupported(request: Request): void {
  if (request.cache === "only-if-cached") {
    throw failure(REASONS.onlyIfCached, {}, contextOf(request));
  }
}

function load(request: Request, transport: Transport): Awaitable<Response> {
  const { url } = urlOf(request);
  if (url.protocol === "data:") return responseOfData(request, withoutFragment(url));
  if (url.protocol === "blob:") return responseOfBlob(request, withoutFragment(url));
  return exchange(request, transport);
}

/** @throws TypeError if the host may follow redirects, and nothing says that the developer accepts that. */
function assertModeIsPossible(request: Request, transport: Transport, context: Context): void {
  // A misspelt value of the variable is an error of every request, not only of the first that is redirected.
  const redirects = transport.redirects(context);
  const mode = request.redirect;
  if (mode === "follow" || redirects) return;
  throw failure(REASONS.redirectMode, { mode, variable: VARIABLE }, context);
}

/** Sends the request, and follows redirects if the host returns them. */
async function exchange(request: Request, transport: Transport): Promise<Response> {
  const mode = request.redirect;
  const signal = givenSignalOf(request);
  const original = contextOf(request);
  assertModeIsPossible(request, transport, original);
  const preparing = untilAborted(transport.prepare(request, original), signal);
  let hop: Hop = isPending(preparing) ? await preparing : preparing;
  for (let count = 0; ; count += 1) {
    // A signal that is aborted just after fetch was called prevents the request.
    signal?.throwIfAborted();
    const { context } = hop;
    const receiving = transport.send(hop, signal);
    const received = isPending(receiving) ? await receiving : receiving;
    const next = nextOf(hop, received, { mode, count, transport });
    if (!next) {
      const ofHop = hop.method === context.method ? context : { ...context, method: hop.method };
      const decoding = transport.decode(received, ofHop);
      const decoded = isPending(decoding) ? await decoding : decoding;
      const url = withoutFragment(hop.url.url);
      return responseFromWire(decoded, { method: hop.method, url, redirected: count > 0 });
    }
    hop = next;
    if (signal && transport.blocks) await letTimersRun();
  }
}

/** As {@link nextHop}. Ends reading the body of a redirect that is followed or an error. */
function nextOf(hop: Hop, received: Received, options: Parameters<typeof nextHop>[2]) {
  const end = () => {
    if (isReader(received.body)) received.body.cancel(undefined);
  };
  try {
    const next = nextHop(hop, received, options);
    if (next) end();
    return next;
  } catch (error) {
    end();
    throw error;
  }
}

function responseOfData(request: Request, url: string): Response {
  const data = parseDataUrl(url);
  if (!data) throw failure(REASONS.dataUrlMalformed, {}, contextOf(request));
  const headers = fromList([["content-type", data.type]]);
  const body = request.method === "HEAD" ? null : data.bytes;
  return networkResponse({ status: 200, statusText: "OK", url }, headers, body);
}

function responseOfBlob(request: Request, url: string): Response {
  const blob = resolveObjectUrl(url);
  if (request.method !== "GET") {
    throw failure(REASONS.blobUrlMethod, {}, contextOf(request));
  }
  if (!blob) {
    throw failure(REASONS.blobUrlUnknown, {}, contextOf(request));
  }
  const headers = fromList([
    ["content-length", String(blob.size)],
    ["content-type", blob.type],
  ]);
  return networkResponse({ status: 200, statusText: "OK", url }, headers, blob);
}

/**
 * Waits until timers that expired during the call have run. The import blocks the event loop, so
 * a timer such as that of `AbortSignal.timeout` has not run when the import returns.
 */
function letTimersRun(): Promise<void> {
  // 1 ms, because engines may run a timer of 0 ms before timers that expired earlier.
  return new Promise((resolve) => setTimeout(resolve, 1));
}

async function checkIntegrity(request: Request, response: Response): Promise<void> {
  const bytes = await response.clone().bytes();
  if (await matchesIntegrity(bytes, request.integrity)) return;
  const { integrity } = request;
  throw failure(REASONS.integrityMismatch, { integrity }, contextOf(request));
}
