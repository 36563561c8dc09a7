/** The export `wasi:http/incoming-handler`. The code that `spin-fetch build` generates calls it. */

import { OutgoingResponse, ResponseOutparam } from "wasi:http/types@0.2.0";
import { sourceOf } from "../body.js";
import { BodySource } from "../body-source.js";
import type { ByteReader, Bytes } from "../byte-reader.js";
import { listOf } from "../headers.js";
import { findHandler, invoke, log } from "../invoke.js";
import { beginRequest, endRequest } from "../rehearsal.js";
import { watchRejections } from "../rejections.js";
import { reportRejections } from "../report.js";
import { inboundPath, inboundRequest, type Request } from "../request.js";
import { Response, sentFieldsOf } from "../response.js";
import { type Awaitable, chain, isPending, isReader } from "../transport.js";
import { valuesOf, type WireHeaders } from "../wire.js";
import { Download } from "./download.js";
import { fieldsFromWit, fieldsToWit, lengthIn, refusedName } from "./fields.js";
import { rememberInboundHost } from "./framing.js";
import { methodFromWit } from "./method.js";
import { Scope } from "./scope.js";
import { upload } from "./upload.js";
import type {
  ErrorCode,
  OutgoingResponse as Head,
  IncomingRequest,
  ResponseOutparam as Outparam,
} from "./wit.js";
import "../index.js";

/** Methods whose requests have a body, although it may be empty. */
const EXPECTING_BODY = ["POST", "PUT", "PATCH"];

export function serve(app: object): {
  handle(request: IncomingRequest, out: Outparam): Promise<void>;
} {
  const found = findHandler(app);
  watchRejections();
  return {
    async handle(incoming, out) {
      const handler = beginRequest(found);
      const scope = new Scope();
      let request: Request | undefined;
      try {
        const received = receive(incoming, scope);
        request = isPending(received) ? await received : received;
      } catch (error) {
        log("the request is invalid; the response is a 400", error);
        await respond(new Response(null, { status: 400 }), "GET", out);
      }
      if (request) {
        const { response, waitForPromises } = await invoke(handler, request);
        await respond(response, request.method, out);
        const waiting = waitForPromises();
        if (waiting) await waiting;
      }
      scope.end(undefined);
      const reported = reportRejections();
      if (reported) await reported;
      endRequest();
    },
  };
}

/** @throws TypeError if Fetch cannot represent the request */
function receive(incoming: IncomingRequest, scope: Scope): Awaitable<Request> {
  scope.own(incoming);
  const method = methodFromWit(incoming.method());
  const fields = fieldsFromWit(incoming.headers());
  const host = valuesOf(fields, "host")[0];
  const authority = incoming.authority() ?? host ?? "localhost";
  const scheme = incoming.scheme()?.tag === "HTTPS" ? "https" : "http";
  const url = `${scheme}://${authority}${inboundPath(incoming.pathWithQuery() ?? "/")}`;
  if (host === undefined) fields.unshift(["host", authority]);
  rememberInboundHost(host ?? authority);
  const body = bodyOf(incoming, method, lengthIn(fields), scope);
  return chain(body, (body) => inboundRequest(method, url, fields, body));
}

/** The body; `null` if the request has none. In Fetch, GET and HEAD have none. */
function bodyOf(
  incoming: IncomingRequest,
  method: string,
  length: number | undefined,
  scope: Scope,
): Awaitable<BodySource | null> {
  if (length === 0 || method === "GET" || method === "HEAD") return null;
  const toError = (code: ErrorCode | undefined) => {
    const why = code ? ` (${code.tag})` : "";
    return new TypeError(
      `the body of the request cannot be read: the client or the host has ended it${why}`,
    );
  };
  const ofBody = new Scope();
  scope.onEnd(() => ofBody.end(new TypeError("the body is read after the request has ended")));
  const reader = new Download(incoming, ofBody, { length, toError });
  const source = new BodySource({ reader });
  if (length !== undefined || EXPECTING_BODY.includes(method)) return source;
  return reader.isEmpty().then((isEmpty) => (isEmpty ? null : source));
}

/** Sends the response of the handler. What cannot be sent is logged. */
async function respond(response: Response, method: string, out: Outparam): Promise<void> {
  const scope = new Scope();
  try {
    const prepared = prepare(response, method);
    const { head, body } = isPending(prepared) ? await prepared : prepared;
    const outgoing = head.body();
    ResponseOutparam.set(out, { tag: "ok", val: head });
    const uploading = upload(body, outgoing, scope, (error, nBytes) => {
      // Before the body ends, because the host may end the instance then.
      const got = `the status ${response.status} and ${nBytes} bytes of it`;
      log(`the body of the response failed; the client gets ${got}`, error);
    });
    if (isPending(uploading)) await uploading;
  } catch (error) {
    log("the response of the handler cannot be sent", error);
  } finally {
    scope.end(undefined);
  }
}

interface Prepared {
  head: Head;
  body: Bytes | ByteReader;
}

/** The head and the body. They are those of a 500 if the response cannot be sent, which is logged. */
function prepare(response: Response, method: string): Awaitable<Prepared> {
  const source = sourceOf(response);
  const fail = (error: unknown): Prepared => {
    log("the response of the handler cannot be sent", error);
    source?.cancel(error);
    return { head: toHead(500, []), body: NO_BYTES };
  };
  try {
    const fields = sentFieldsOf(response, listOf(response.headers), method);
    const body = source?.isStream ? source.takeReader() : (source?.bytes() ?? NO_BYTES);
    const prepared = chain(body, (body): Prepared => {
      const length = isReader(body) ? body.length : body.byteLength;
      if (length !== undefined && (source || !mayHaveNoLength(response.status, method))) {
        fields.push(["content-length", String(length)]);
      }
      const head = toHead(response.status, fields);
      if (method !== "HEAD") return { head, body };
      if (isReader(body)) body.cancel(new TypeError("a response to HEAD has no body"));
      return { head, body: NO_BYTES };
    });
    return isPending(prepared) ? prepared.catch(fail) : prepared;
  } catch (error) {
    return fail(error);
  }
}

const NO_BYTES = new Uint8Array(0);

/** Whether a response without a body says nothing about its length, or what that of a GET would be. */
function mayHaveNoLength(status: number, method: string): boolean {
  return method === "HEAD" || [204, 205, 304].includes(status);
}

/** @throws TypeError if the host does not permit a field or the status */
function toHead(status: number, fields: WireHeaders): Head {
  let head: Head;
  try {
    head = new OutgoingResponse(fieldsToWit(fields));
  } catch {
    throw new TypeError(`the host does not permit the header \`${refusedName(fields)}\``);
  }
  try {
    // The status is 200 until it is set.
    if (status !== 200) head.setStatusCode(status);
    return head;
  } catch {
    head[Symbol.dispose]();
    throw new TypeError(`the host does not permit the status ${status}`);
  }
}
