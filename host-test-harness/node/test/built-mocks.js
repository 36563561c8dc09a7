// What the builders make, and what a mock file has for it.

import {
  any,
  bytes,
  del,
  fault,
  get,
  glob,
  head,
  json,
  options,
  patch,
  pieces,
  post,
  prefix,
  put,
  request,
  stalled,
  status,
  text,
  tooManyRequests,
} from "spin-harness";

export const URL_A = "https://api.test/a";
const ascii = (text) => new TextEncoder().encode(text);

/** Expectations, and what a mock file has for them. */
export const EXPECTATIONS = [
  [any(), { request: {} }],
  [get(URL_A), { request: { method: "GET", url: URL_A } }],
  [head(URL_A), { request: { method: "HEAD", url: URL_A } }],
  [post(URL_A), { request: { method: "POST", url: URL_A } }],
  [put(URL_A), { request: { method: "PUT", url: URL_A } }],
  [patch(URL_A), { request: { method: "PATCH", url: URL_A } }],
  [del(URL_A), { request: { method: "DELETE", url: URL_A } }],
  [options(URL_A), { request: { method: "OPTIONS", url: URL_A } }],
  [request("PURGE", new URL(URL_A)), { request: { method: "PURGE", url: URL_A } }],
  [get(glob("https://*.test/**")), { request: { method: "GET", url_glob: "https://*.test/**" } }],
  [get(prefix(URL_A)), { request: { method: "GET", url_prefix: URL_A } }],
  [get(/\/a$/), { request: { method: "GET", url_regex: "\\/a$" } }],
  [get(/^http.*a$/gis), { request: { method: "GET", url_regex: "(?is)^http.*a$" } }],
  [any().host("api.test"), { request: { host: "api.test" } }],
  [any().pathSegments(["a", "**"]), { request: { path_segments: ["a", "**"] } }],
  [
    any().query("a", "1").query("b", "2").query("a", "3"),
    { request: { query: { a: ["1", "3"], b: ["2"] } } },
  ],
  [
    any().header("x-a", "1").header("x-a", "2").header("__proto__", "3"),
    { request: { headers: JSON.parse('{"x-a":["1","2"],"__proto__":["3"]}') } },
  ],
  [
    any().withoutHeader("x-a").withoutHeader("x-b"),
    { request: { absent_headers: ["x-a", "x-b"] } },
  ],
  [
    any().allHeaders({ "x-a": "1", "x-b": ["2", "3"] }),
    { request: { all_headers: { "x-a": ["1"], "x-b": ["2", "3"] } } },
  ],
  [any().allHeaders(new Headers([["x-a", "1"]])), { request: { all_headers: { "x-a": ["1"] } } }],
  [any().json({ a: [1, null] }), { request: { json: { a: [1, null] } } }],
  [any().json(null), { request: { json: null } }],
  [any().jsonSubset({ a: 1 }), { request: { json_subset: { a: 1 } } }],
  [any().text("é"), { request: { text: "é" } }],
  [any().bytes(new Uint8Array([0, 255])), { request: { base64: "AP8=" } }],
  [any().form("a", "1").form("a", "2"), { request: { form: { a: ["1", "2"] } } }],
  [any().multipart("a", "1"), { request: { multipart: { a: ["1"] } } }],
  [any().times(2), { request: {}, times: 2 }],
  [any().times({ atLeast: 0 }), { request: {}, at_least: 0 }],
  [any().times(3).times({ atLeast: 1, atMost: 2 }), { request: {}, at_least: 1, at_most: 2 }],
  [any().times({ atMost: 2 }).times(3), { request: {}, times: 3 }],
  [any().priority(-1), { request: {}, priority: -1 }],
  [any().whenState("open").thenState(""), { request: {}, when_state: "open", then_state: "" }],
  [any().named("price"), { request: {}, name: "price" }],
];

/** Responses, and what a mock file has for them. */
export const RESPONSES = [
  [json({ a: 1 }), { json: { a: 1 } }],
  [json(null), { json: null }],
  [text("é"), { text: "é" }],
  [bytes(ascii("ab").subarray(1)), { base64: "Yg==" }],
  [status(503), { status: 503 }],
  [
    pieces(["a", { body: "b", afterMs: 5 }, ascii("c"), { body: ascii("d"), afterMs: 0 }]),
    {
      pieces: [
        { text: "a" },
        { text: "b", after_ms: 5 },
        { base64: "Yw==" },
        { base64: "ZA==", after_ms: 0 },
      ],
    },
  ],
  [stalled(), { stalled: true }],
  [tooManyRequests(5), { retry_after_s: 5 }],
  [fault("refused"), { fault: "refused" }],
  [fault("tls-alert-40").delay(5), { fault: "tls-alert-40", delay_ms: 5 }],
  [text("").status(201), { text: "", status: 201 }],
  [status(200).header("a", "1").header("a", "2"), { status: 200, headers: { a: ["1", "2"] } }],
  [
    status(200)
      .header("a", "1")
      .headers([
        ["b", "1"],
        ["b", "2"],
      ]),
    { status: 200, headers: { b: ["1", "2"] } },
  ],
  [text("a").trailer("t", "1"), { text: "a", trailers: { t: ["1"] } }],
  [text("{{ call }}").template(), { text: "{{ call }}", template: true }],
  [text("a").bytesPerSecond(10), { text: "a", bytes_per_second: 10 }],
  [text("ab").cutAfter(1), { text: "ab", cut_after_bytes: 1 }],
  [text("ab").stallAfter(1), { text: "ab", stall_after_bytes: 1 }],
  [status(200).hugeHeaders(300_000), { status: 200, huge_headers_bytes: 300_000 }],
  [
    status(200).failsSometimes(0.5, ["dns", "reset"]),
    { status: 200, fails_sometimes: { probability: 0.5, faults: ["dns", "reset"] } },
  ],
];
