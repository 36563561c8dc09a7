/** The fields that a proxy does not pass on. */

import type { WireHeaders } from "./wire.js";

/** Fields of one connection: RFC 9110 section 7.6.1, and those of RFC 2616 section 13.5.1. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/**
 * Fields that describe an inbound request and would be wrong in a request that is made of it:
 * its target, the framing of its body, and the content codings that its client decodes.
 */
const OF_INBOUND_REQUEST = ["accept-encoding", "content-length", "expect", "host"];

/** The names of the hop-by-hop fields of a message in lower case, with those that `connection` lists. */
export function hopByHopNames(list: WireHeaders): string[] {
  const options = list
    .filter(([name]) => name.toLowerCase() === "connection")
    .flatMap(([, value]) => value.split(","))
    .map((option) => option.trim().toLowerCase());
  return [...HOP_BY_HOP, ...options];
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
  const valueIn = (wanted: string) => list.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const full = valueIn("spin-full-url");
  if (full === undefined || valueIn("spin-path-info") === undefined) return [];
  if (!URL.canParse(full)) return [];
  const isInboundHost = valueIn("host") === new URL(full).host;
  return inboundNames(list).filter((name) => name !== "host" || isInboundHost);
}
