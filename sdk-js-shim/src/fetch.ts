import { resolveObjectUrl } from "./blob-url.js";
import { sourceOf } from "./body.js";
import { decodeContent } from "./content-coding.js";
import { parseDataUrl } from "./data-url.js";
import { errorFromWire, failure, withContext } from "./error.js";
import { fromList } from "./headers.js";
import { matchesIntegrity } from "./integrity.js";
import { REASONS } from "./reasons.js";
import {
  assertModeIsPossible,
  contextOfHop,
  type Environment,
  type Hop,
  nextHop,
} from "./redirect.js";
import { contextOf, givenSignalOf, Request, requestToWire, urlOf } from "./request.js";
import { networkResponse, type Response, responseFromWire } from "./response.js";
import { describeTimeout } from "./timeout.js";
import { shownInput, withoutFragment } from "./url.js";
import type { SendRequest, WireRequest, WireResponse } from "./wire.js";

/** The imports that `fetch` uses. */
interface Host {
  sendRequest: SendRequest;
  environment: Environment;
}

/** Makes the standard `fetch` of an import that blocks and buffers bodies. */
export function createFetch(sendRequest: SendRequest, environment: Environment = () => ({})) {
  const host = { sendRequest, environment };
  return async function fetch(input: unknown, init?: unknown): Promise<Response> {
    const request = makeRequest(input, init);
    const signal = givenSignalOf(request);
    try {
      signal?.throwIfAborted();
      assertSupported(request);
      const response = await load(request, host);
      if (signal) await letTimersRun();
      signal?.throwIfAborted();
      await checkIntegrity(request, response);
      return response;
    } catch (error) {
      if (signal?.aborted) {
        sourceOf(request)?.cancel(signal.reason);
        if (error === signal.reason) describeTimeout(error, contextOf(request));
      }
      throw withContext(error, contextOf(request));
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

async function load(request: Request, host: Host): Promise<Response> {
  const url = withoutFragment(urlOf(request).url);
  if (url.startsWith("data:")) return responseOfData(request, url);
  if (url.startsWith("blob:")) return responseOfBlob(request, url);
  assertModeIsPossible(request.redirect, host.environment, contextOf(request));
  const wire = await requestToWire(request);
  return exchange(request, { wire, url: urlOf(request) }, host);
}

/** Sends the request, and follows redirects if the host returns them. */
async function exchange(request: Request, first: Hop, host: Host): Promise<Response> {
  const mode = request.redirect;
  let hop = first;
  for (let count = 0; ; count += 1) {
    // A signal that is aborted while the body is read, or just after fetch was called, prevents the request.
    givenSignalOf(request)?.throwIfAborted();
    const context = contextOfHop(hop);
    const wire = send(hop.wire, host.sendRequest, context);
    const next = nextHop(hop, wire, { mode, count, environment: host.environment });
    if (!next) {
      const decoded = await decodeContent(wire, context);
      const url = withoutFragment(hop.url.url);
      return responseFromWire(decoded, { method: context.method, url, redirected: count > 0 });
    }
    hop = next;
    if (givenSignalOf(request)) await letTimersRun();
  }
}

function send(
  request: WireRequest,
  sendRequest: SendRequest,
  context: { method: string; url: string },
): WireResponse {
  try {
    return sendRequest(request);
  } catch (thrown) {
    throw errorFromWire(thrown, context);
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
  if (request.integrity === "") return;
  const bytes = await response.clone().bytes();
  if (await matchesIntegrity(bytes, request.integrity)) return;
  const { integrity } = request;
  throw failure(REASONS.integrityMismatch, { integrity }, contextOf(request));
}
