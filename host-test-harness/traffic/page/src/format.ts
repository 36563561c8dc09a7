// Numbers and texts as people read them.
import type { Call, Exchange, TrafficRequest } from "./types";

export function duration(us: number): string {
  if (us < 1_000) {
    return `${us} µs`;
  }
  if (us < 1_000_000) {
    return `${(us / 1_000).toFixed(us < 100_000 ? 1 : 0)} ms`;
  }
  return `${(us / 1_000_000).toFixed(2)} s`;
}

export function bytes(n: number): string {
  if (n < 1_024) {
    return `${n} B`;
  }
  if (n < 1_048_576) {
    return `${(n / 1_024).toFixed(1)} KiB`;
  }
  return `${(n / 1_048_576).toFixed(1)} MiB`;
}

export function count(n: number, one: string): string {
  return `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;
}

export function clock(unixMs: number): string {
  const time = new Date(unixMs);
  const two = (n: number, width = 2) => String(n).padStart(width, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${two(time.getMilliseconds(), 3)}`;
}

/** The phases of an exchange in their order. */
export const PHASES = ["blocked", "dns", "connect", "tls", "send", "wait", "receive"] as const;

export type Phase = (typeof PHASES)[number];

/** How long a phase took, without the others, in microseconds; `null` if the exchange did not have it. */
export function timeOf({ phases }: Exchange, phase: Phase): number | null {
  const us = phases[`${phase}_us`];
  return phase === "connect" && us !== null ? us - (phases.tls_us ?? 0) : us;
}

export function total(exchange: Exchange): number {
  return PHASES.reduce((sum, phase) => sum + (timeOf(exchange, phase) ?? 0), 0);
}

/** When the last of a request and its calls ended, from its start. */
export function span(request: TrafficRequest): number {
  const ends = request.calls.map((call) => call.offset_us + total(call));
  return Math.max(total(request), ...ends, 1);
}

/** The scheme and host of a URL, and its path and query. */
export function split(url: string): [string, string] {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  return start < 0 ? [url, ""] : [url.slice(0, start), url.slice(start)];
}

/** The path and query of a URL. */
export function path(url: string): string {
  return split(url)[1];
}

/** Whether the permissions denied a call; without them, its permission would have been named. */
export function isDenied(exchange: Exchange): boolean {
  return exchange.status === null && exchange.error?.includes(" is denied: ") === true;
}

export function isFailed(exchange: Exchange): boolean {
  return exchange.error !== null || (exchange.status ?? 0) >= 400;
}

/** Where a response came from, in a few words. */
export function origin(call: Call): string {
  switch (call.via?.kind) {
    case "in-process":
      return call.via.component === null ? "in process" : `→ ${call.via.component}`;
    case "mock":
      return "mock";
    case "network":
      return call.via.address ?? "network";
    default:
      return isDenied(call) ? "denied" : "";
  }
}

/** The status, or what stands for it in the list. */
export function outcome(exchange: Exchange): string {
  if (exchange.is_running) {
    return "…";
  }
  if (exchange.status !== null) {
    return String(exchange.status);
  }
  return isDenied(exchange) ? "denied" : "failed";
}

/**
 * A text in which characters that are not seen are shown: a body must not look like another one than it is.
 */
export function visible(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (character) => {
      const code = character.charCodeAt(0);
      if (code < 0x20) {
        return String.fromCharCode(0x2400 + code);
      }
      return code === 0x7f ? "␡" : `[U+${code.toString(16).toUpperCase().padStart(4, "0")}]`;
    },
  );
}
