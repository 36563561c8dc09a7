import { isDeepStrictEqual } from "node:util";

/** A request of the code under test, as the host receives it. */
export interface Call {
  method: string;
  /** The URL as the host receives it; a path for a call of the own application. */
  url: string;
  headers: globalThis.Headers;
  /** All bytes; `null` if the request has no body. */
  body: Uint8Array | null;
}

/** The properties that a request must have to match a mock. An absent property matches any value. */
export interface ExpectedCall {
  /** `GET` by default. */
  method?: string;
  /** The whole URL, `/path` for a call of the own application, or a pattern. */
  url: string | RegExp;
  /** Headers that the request must have, with these values. It may have others. */
  headers?: Record<string, string>;
  /** The body as text or bytes; `null` if the request must have no body. */
  body?: string | Uint8Array | null;
  /** The body, parsed as JSON. */
  json?: unknown;
  /** How often the mock must be used; 1 by default. `Infinity`: at least once. */
  times?: number;
}

/** The keys of an {@link ExpectedCall}. */
export const EXPECTED_KEYS = [
  "method",
  "url",
  "headers",
  "body",
  "json",
  "times",
] as const satisfies readonly (keyof ExpectedCall)[];

/** The differences between `call` and `expected`, one per line. */
export function differencesOf(expected: ExpectedCall, call: Call): string[] {
  const lines: string[] = [];
  const compare = (what: string, isEqual: boolean, got: unknown, want: unknown) => {
    if (!isEqual) lines.push(`${what}: got ${show(got)}, want ${show(want)}`);
  };
  const method = expected.method ?? "GET";
  compare("method", call.method === method, call.method, method);
  compare("url", isUrl(call.url, expected.url), call.url, expected.url);
  for (const [name, want] of Object.entries(expected.headers ?? {})) {
    const got = call.headers.get(name);
    compare(`header ${name}`, got === want, got, want);
  }
  if (expected.body !== undefined) {
    const got = typeof expected.body === "string" ? text(call.body) : call.body;
    compare("body", isDeepStrictEqual(got, expected.body), got, expected.body);
  }
  if ("json" in expected) {
    const got = json(call.body);
    compare("json", isDeepStrictEqual(got, expected.json), got, expected.json);
  }
  return lines;
}

function isUrl(url: string, expected: string | RegExp): boolean {
  if (expected instanceof RegExp) return expected.test(url);
  return url === expected || (URL.canParse(expected) && url === new URL(expected).href);
}

function text(body: Uint8Array | null): string | null {
  return body && new TextDecoder().decode(body);
}

function json(body: Uint8Array | null): unknown {
  try {
    return JSON.parse(text(body) ?? "");
  } catch {
    return text(body);
  }
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value instanceof RegExp) return String(value);
  return value instanceof Uint8Array ? `[${value.join(", ")}]` : JSON.stringify(value);
}
