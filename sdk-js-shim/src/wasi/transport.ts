/** `fetch` over `wasi:http`, whose calls run at the same time and stream bodies. */

import { handle } from "wasi:http/outgoing-handler@0.2.0";
import { OutgoingRequest } from "wasi:http/types@0.2.0";
import { assertUsable, sourceOf } from "../body.js";
import type { BodySource } from "../body-source.js";
import type { ByteReader, Bytes } from "../byte-reader.js";
import { type Context, failure, failureOf, permission, refusal, SpinHttpError } from "../error.js";
import { textOfValue } from "../headers.js";
import { REASONS } from "../reasons.js";
import { addCacheControl, type Request, sentFieldsOf, urlOf } from "../request.js";
import { type Environment, handlingIn } from "../spin-transport.js";
import { describeTimeout } from "../timeout.js";
import { type Awaitable, type Hop, isReader, type Received, type Transport } from "../transport.js";
import { pathOf } from "../url.js";
import { decodeStream } from "./content-coding.js";
import { Download } from "./download.js";
import { errorOfCode, WASI_REASONS } from "./error.js";
import { fieldsFromWit, fieldsToWit, lengthIn, refusedName } from "./fields.js";
import { framedFields } from "./framing.js";
import { methodToWit } from "./method.js";
import { Scope } from "./scope.js";
import { upload } from "./upload.js";
import type {
  ErrorCode,
  FutureIncomingResponse,
  IncomingResponse,
  OutgoingBody,
  OutgoingRequest as WitRequest,
} from "./wit.js";

/** Sends requests by `wasi:http/outgoing-handler`. */
export function wasiTransport(environment: Environment): Transport {
  return {
    blocks: false,
    redirects(context) {
      // The host never follows redirects, but a misspelt value is an error as it is over the other import.
      handlingIn(environment, context);
      return "returned";
    },
    prepare,
    send,
    textOf: textOfValue,
    decode: decodeStream,
  };
}

function prepare(request: Request, context: Context): Awaitable<Hop> {
  assertUsable(request, "sent");
  const headers = sentFieldsOf(request).slice();
  addCacheControl(headers, request.cache);
  const hop: Hop = {
    method: request.method,
    url: urlOf(request),
    headers,
    body: undefined,
    context,
  };
  const source = sourceOf(request);
  return source ? bodyOf(source).then((body) => ({ ...hop, body })) : hop;
}

async function bodyOf(source: BodySource): Promise<Hop["body"]> {
  try {
    if (!source.isStream) return await source.bytes();
    const reader = source.takeReader();
    // The body of an inbound request that is passed on may be none. The upstream gets none then.
    return (await reader.isEmpty?.()) ? undefined : reader;
  } catch (cause) {
    throw refusal(REASONS.bodyUnreadable, { cause: String(cause) }, { cause });
  }
}

async function send(hop: Hop, signal: AbortSignal | undefined): Promise<Received> {
  const { context, body } = hop;
  const scope = new Scope();
  if (isReader(body))
    scope.onEnd((reason) => body.cancel(reason ?? new TypeError("the call has ended")));
  endOnAbort(scope, signal, context);
  try {
    const outgoing = toOutgoing(hop, scope);
    const future = start(outgoing.takeRequest(), context);
    if (outgoing.takeBody) {
      sendBody(withLength(hop, outgoing.length), outgoing.takeBody(), scope, context);
    }
    scope.own(future);
    await scope.ready(scope.own(future.subscribe()));
    return receive(responseOf(future, scope, context), scope, hop.method, context);
  } catch (error) {
    scope.end(error);
    throw error;
  }
}

/** Makes the abort of `signal` end the call, and its body. */
function endOnAbort(scope: Scope, signal: AbortSignal | undefined, context: Context): void {
  if (!signal) return;
  const onAbort = () => {
    describeTimeout(signal.reason, context);
    scope.end(signal.reason);
  };
  signal.addEventListener("abort", onAbort);
  scope.onEnd(() => signal.removeEventListener("abort", onAbort));
}

/** @throws TypeError if the host cannot send the request */
function toOutgoing(
  hop: Hop,
  scope: Scope,
): {
  takeRequest: () => WitRequest;
  takeBody: (() => OutgoingBody) | undefined;
  length: number | undefined;
} {
  const { context } = hop;
  const { url } = hop.url;
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    // As over the other import: `a.test:80` is a scheme and a path, and has no host that could be permitted.
    if (url.host === "") throw failure(REASONS.invalidUrl, {}, context);
    const text = `${REASONS.destinationNotAllowed.text}${permission(context)}`;
    throw failureOf("destination-not-allowed", text, context);
  }
  const headers = framedFields(hop);
  let request: WitRequest;
  try {
    request = new OutgoingRequest(fieldsToWit(headers));
  } catch {
    const name = refusedName(headers) ?? "";
    throw failure(WASI_REASONS.fieldRefused, { name }, context);
  }
  const takeRequest = scope.lend(request);
  const { method } = hop;
  try {
    // It is GET until it is set.
    if (method !== "GET") request.setMethod(methodToWit(method));
  } catch {
    throw failure(WASI_REASONS.methodRefused, { method }, context);
  }
  try {
    request.setScheme({ tag: url.protocol === "https:" ? "HTTPS" : "HTTP" });
    request.setAuthority(url.host);
    request.setPathWithQuery(pathOf(url));
  } catch {
    throw failure(REASONS.invalidUrl, {}, context);
  }
  // A body that is taken is framed, even if nothing is written.
  const takeBody = hop.body === undefined ? undefined : scope.lend(request.body());
  return { takeRequest, takeBody, length: lengthIn(headers) };
}

function start(request: WitRequest, context: Context): FutureIncomingResponse {
  try {
    return handle(request, undefined);
  } catch (thrown) {
    throw errorOfCode((thrown as { payload?: ErrorCode }).payload, context);
  }
}

/** The body, which fails if it has another length than `content-length` says. */
function withLength(
  { body = NO_BYTES, context }: Hop,
  length: number | undefined,
): Bytes | ByteReader {
  if (!isReader(body) || length === undefined) return body;
  const wrong = () => failure(REASONS.requestError, {}, context);
  let left = length;
  return {
    async next() {
      const piece = await body.next();
      left -= piece?.byteLength ?? 0;
      if (left < 0 || (!piece && left > 0)) throw wrong();
      return piece;
    },
    cancel: (reason) => body.cancel(reason),
  };
}

const NO_BYTES = new Uint8Array(0);

/** Sends the body while the response is awaited and read. Its error is that of the call. */
function sendBody(
  body: Bytes | ByteReader,
  outgoing: OutgoingBody,
  scope: Scope,
  context: Context,
): void {
  const onFailure = (cause: unknown) => {
    const isOfSdk = cause instanceof TypeError && cause.cause instanceof SpinHttpError;
    if (isOfSdk) scope.end(cause);
    else
      scope.end(failure(REASONS.bodyUnreadable, { cause: String(cause) }, { ...context, cause }));
  };
  const uploading = async () => upload(body, outgoing, scope, onFailure);
  // Any other error is what the scope has ended with.
  uploading().catch(() => {});
}

/** The response of a future that is ready. */
function responseOf(
  future: FutureIncomingResponse,
  scope: Scope,
  context: Context,
): IncomingResponse {
  const result = future.get();
  if (result?.tag === "ok" && result.val.tag === "ok") return scope.own(result.val.val);
  throw errorOfCode(result?.tag === "ok" ? (result.val.val as ErrorCode) : undefined, context);
}

function receive(
  response: IncomingResponse,
  scope: Scope,
  method: string,
  context: Context,
): Received {
  const status = response.status();
  const headers = fieldsFromWit(response.headers());
  const length = lengthIn(headers);
  if (method === "HEAD" || [204, 205, 304].includes(status)) {
    scope.end(undefined);
    return { status, headers, body: new Uint8Array(0) };
  }
  const toError = (code: ErrorCode | undefined) => errorOfCode(code, context);
  return {
    status,
    headers,
    body: new Download(response, scope, { length, toError }),
  };
}
