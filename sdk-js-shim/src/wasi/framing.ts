/** The fields of a request over `wasi:http`, with a true `content-length`. */

import { type Context, failure } from "../error.js";
import { hopByHopNames } from "../passed-on.js";
import { REASONS } from "../reasons.js";
import { type Hop, isReader } from "../transport.js";
import type { WireHeaders } from "../wire.js";
import { WASI_REASONS } from "./error.js";

/** Methods whose requests have a length even without a body (RFC 9110 section 8.6). */
const EXPECTING_BODY = ["POST", "PUT", "PATCH"];

/** The hosts of inbound requests, which a proxy copies with the other fields. */
const inboundHosts = new Set<string>();

/** Makes a `host` that is copied from an inbound request stay behind. */
export function rememberInboundHost(host: string): void {
  inboundHosts.add(host.toLowerCase());
}

export function forgetInboundHosts(): void {
  inboundHosts.clear();
}

/**
 * The fields to send. Those that concern one connection are left out, because the host sets them.
 *
 * @throws TypeError if `content-length` is not that of the body, or if `host` is not that of the URL.
 */
export function framedFields({ method, url, headers, body, context }: Hop): WireHeaders {
  const ofConnection =
    headers.length === 0
      ? []
      : [...hopByHopNames(headers)].filter(isOfConnection).concat("http2-settings");
  const length = isReader(body) ? body.length : (body?.byteLength ?? 0);
  let said: number | undefined;
  const fields = headers.filter(([name, value]) => {
    const key = name.toLowerCase();
    if (key === "host") {
      assertIsHost(value, url.url.host, context);
      return false;
    }
    if (key !== "content-length") return !ofConnection.includes(key);
    const isNumber = /^\d{1,15}$/.test(value);
    said ??= length ?? Number(value);
    if (!isNumber || Number(value) !== said) throw failure(REASONS.requestError, {}, context);
    return false;
  });
  const sent = body || EXPECTING_BODY.includes(method) ? (length ?? said) : undefined;
  if (sent !== undefined) fields.push(["content-length", String(sent)]);
  return fields;
}

/** The credentials for a proxy concern one connection too, but they are the program's: the host refuses them, which is an error. */
function isOfConnection(name: string): boolean {
  return !["proxy-authenticate", "proxy-authorization"].includes(name);
}

function assertIsHost(value: string, host: string, context: Context): void {
  if (value.toLowerCase() === host || inboundHosts.has(value.toLowerCase())) return;
  throw failure(WASI_REASONS.hostField, { value: JSON.stringify(value) }, context);
}
