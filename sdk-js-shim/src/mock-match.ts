import { isDeepStrictEqual } from "node:util";

/** A request that the code under test made, as the host got it. */
export interface Call {
  method: string;
  /** As the host gets it: a call to the own application is its path. */
  url: string;
  headers: globalThis.Headers;
  /** All bytes; `null` if the request has no body. */
  body: Uint8Array | null;
}

/** What a request must be, so that a mock answers it. What is left out is not looked at. */
export interface ExpectedCall {
  /** `GET` by default. */
  method?: string;
  /** The whole URL, `/path` for a call to the own application, or a pattern. */
  url: string | RegExp;
  /** Headers that must be there, with these values; others may be. */
  headers?: Record<string, string>;
  /** The body as text or bytes; `null` for a request that must have none. */
  body?: string | Uint8Array | null;
  /** The body, parsed as JSON. */
  json?: unknown;
  /** How often the mock answers, and must be used; 1 by default. `Infinity`: at least once. */
  times?: number;
}

/** What of `call` is not as expected, a line each. */
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
