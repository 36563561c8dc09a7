import { resolveObjectUrl } from "./blob-url.js";
import { sourceOf } from "./body.js";
import { decodeContent } from "./content-coding.js";
import { parseDataUrl } from "./data-url.js";
import { errorFromWire, failure, withContext } from "./error.js";
import { fromList } from "./headers.js";
import { matchesIntegrity } from "./integrity.js";
import { REASONS } from "./reasons.js";
import { contextOf, givenSignalOf, Request, requestToWire, urlOf } from "./request.js";
import { networkResponse, type Response, responseFromWire } from "./response.js";
import { shownInput, withoutFragment } from "./url.js";
import type { SendRequest, WireResponse } from "./wire.js";

/** Makes the standard `fetch` of an import that blocks and buffers bodies. */
export function createFetch(sendRequest: SendRequest) {
  return async function fetch(input: unknown, init?: unknown): Promise<Response> {
    const request = makeRequest(input, init);
    const signal = givenSignalOf(request);
    try {
      signal?.throwIfAborted();
      assertSupported(request);
      const response = await exchange(request, sendRequest);
      if (signal) await letTimersRun();
      signal?.throwIfAborted();
      await checkIntegrity(request, response);
      return response;
    } catch (error) {
      if (signal?.aborted) sourceOf(request)?.cancel(signal.reason);
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
  const context = contextOf(request);
  if (request.redirect !== "follow") {
    throw failure(REASONS.redirectMode, { mode: request.redirect }, context);
  }
  if (request.cache === "only-if-cached") {
    throw failure(REASONS.onlyIfCached, {}, context);
  }
}

async function exchange(request: Request, sendRequest: SendRequest): Promise<Response> {
  const url = withoutFragment(urlOf(request).url);
  if (url.startsWith("data:")) return responseOfData(request, url);
  if (url.startsWith("blob:")) return responseOfBlob(request, url);
  const wireRequest = await requestToWire(request);
  // A signal that is aborted while the body is read, or just after fetch was called, prevents the request.
  givenSignalOf(request)?.throwIfAborted();
  let wireResponse: WireResponse;
  try {
    wireResponse = sendRequest(wireRequest);
  } catch (thrown) {
    throw errorFromWire(thrown, contextOf(request));
  }
  const decoded = await decodeContent(wireResponse, contextOf(request));
  return responseFromWire(decoded, { method: request.method, url });
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
