/** The fields that a proxy does not pass on. */

import { valuesOf, type WireHeaders } from "./wire.js";

/** Fields of one connection: RFC 9110 section 7.6.1, and those of RFC 2616 section 13.5.1. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Fields that describe an inbound request and would be wrong in a request that is made of it:
 * its target, the framing of its body, and the content codings that its client decodes.
 */
const OF_INBOUND_REQUEST = ["accept-encoding", "content-length", "expect", "host"];

/** The names of the hop-by-hop fields of a message in lower case, with those that `connection` lists. */
export function hopByHopNames(list: WireHeaders): ReadonlySet<string> {
  const values = valuesOf(list, "connection");
  if (values.length === 0) return HOP_BY_HOP;
  const options = values.flatMap((value) => value.split(","));
  return new Set([...HOP_BY_HOP, ...options.map((option) => option.trim().toLowerCase())]);
}

/**
 * The names of the fields of an inbound request that belong to it, in lower case. Spin's own fields
 * are among them.
 */
export function inboundNames(list: WireHeaders): string[] {
  const ofSpin = list
    .map(([name]) => name.toLowerCase())
    .filter((name) => name.startsWith("spin-"));
  return [...hopByHopNames(list), ...OF_INBOUND_REQUEST, ...ofSpin];
}

/**
 * {@link inboundNames} of a list that a program wrote, `[]` if it is not a copy of the fields of an
 * inbound request, as `Object.fromEntries(request.headers)` makes it.
 *
 * Spin adds `spin-full-url` and `spin-path-info` to every inbound request, and a program hardly sets
 * both. A `host` other than the one of that URL is the program's.
 */
export function inboundNamesInCopy(list: WireHeaders): string[] {
  const [full] = valuesOf(list, "spin-full-url");
  if (full === undefined || valuesOf(list, "spin-path-info").length === 0) return [];
  if (!URL.canParse(full)) return [];
  const isInboundHost = valuesOf(list, "host")[0] === new URL(full).host;
  return inboundNames(list).filter((name) => name !== "host" || isInboundHost);
}
