// A component of the backend wasi:http, in the harness, with an upstream on loopback.

import assert from "node:assert/strict";
import { once } from "node:events";
import { request as send } from "node:http";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { componentOf, serve } from "../harness.js";
import { startStreamingUpstream } from "../streaming-upstream.js";

const LIMIT_MS = 60_000;
let upstream;
let server;

before(async () => {
  const { component } = await componentOf("app", "wasi-http");
  upstream = await startStreamingUpstream();
  const closed = await closedPort();
  const environment = { UPSTREAM: upstream.base, CLOSED: closed };
  const limits = { memoryBytes: 128 * 1024 * 1024 };
  const allowedOutboundHosts = [upstream.base, closed];
  server = await serve(component, { allowedOutboundHosts, environment, limits });
});
after(async () => {
  await server?.close();
  upstream?.close();
});

/** A URL where nothing listens. */
async function closedPort() {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  return `http://127.0.0.1:${port}`;
}

/** Begins a request, and resolves with the response, whose body has not arrived. */
async function begin(method, path, { headers = {}, body } = {}) {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const request = send(`${server.base}/wasi-http${path}`, { method, headers, signal });
  const responded = once(request, "response");
  if (body === null) request.flushHeaders();
  else request.end(body);
  const [response] = await responded;
  return { request, response };
}

async function exchange(method, path, options) {
  const { response } = await begin(method, path, options);
  const { statusCode: status, headers, trailers } = response;
  const chunks = [];
  let error = null;
  try {
    for await (const chunk of response) chunks.push(chunk);
  } catch (thrown) {
    error = thrown.code ?? String(thrown);
  }
  return { status, headers, trailers, error, text: Buffer.concat(chunks).toString() };
}

/** What each case of the guest observes. */
const WANT = {
  "calls are in flight at the same time": Array(5).fill("together"),
  "timers run while a call is in flight": ["timer", "response", true],
  "AbortSignal.timeout ends a call without a response": [
    "TimeoutError",
    "GET BASE/never: timed out after 50 ms (AbortSignal.timeout)",
  ],
  "a signal ends a call without a response, with its reason": ["enough", null],
  "AbortSignal.timeout ends a body": [
    "TimeoutError",
    "GET BASE/stall: timed out after 100 ms (AbortSignal.timeout)",
  ],
  "AbortSignal.timeout ends several calls": Array(2).fill(
    "GET BASE/stall, GET BASE/never: timed out after 100 ms (AbortSignal.timeout)",
  ),
  "a signal ends a stream that is read": ["half", ["RangeError", "enough"]],
  "a signal ends an upload": [["enough", null], true],
  "a signal ends a call whose body has no first byte": ["TimeoutError", ["TimeoutError"]],
  "the stream of a request that cannot be sent is cancelled": [
    ["invalid-header", 1, true],
    ["request-error", 1, true],
    ["invalid-header", 1, true],
  ],
  "a stream that is cancelled ends the call": "closed",
  "one of many calls is aborted": [
    ["enough", null],
    ["hello", "later"],
  ],
  "redirect modes": [
    [302, "/hello", false],
    [200, "BASE/hello", true],
    "runtime-error",
    "runtime-error",
  ],
  "a redirect of a stream": ["hello", "invalid-body"],
  methods: ["GET", "PATCH", "PURGE", "M-SEARCH", "PROPFIND", "unsupported-method"],
  "bytes of headers": ["caf\u00e9", "\u00c3\u00a9", "caf\u00e9"],
  "the host of another origin": [200, "invalid-header", true],
  "a length that is not that of the body": [
    200,
    "request-error",
    "request-error",
    200,
    ["TypeError", "request-error"],
  ],
  errors: [
    ["runtime-error", "connection-refused"],
    ["destination-not-allowed", "HTTP-request-denied"],
    ["runtime-error", "HTTP-response-incomplete"],
    ["runtime-error", "HTTP-response-incomplete"],
    ["destination-not-allowed", null],
    true,
    true,
    true,
  ],
  "a stream is sent as it is made": [["", "one", "onetwo", "onetwothree"], "onetwothree"],
  "a stream that fails ends the call": ["TypeError", "invalid-body", true, "closed"],
  "a blob that is streamed": "abcd",
  "a chunk that is not bytes": ["TypeError", "invalid-body"],
  "transforms of a body": ["ONE\nTWO\nTHREE\n", "a file"],
  "clones, tee and byob": [...Array(4).fill("one\ntwo\nthree\n"), "he"],
  "content codings": {
    gzip: [3000, null],
    members: [3000, null],
    deflate: [3000, null],
    raw: [3000, null],
    two: [3000, null],
    empty: ["", null],
    unknown: ["text", "zstandard"],
    cut: ["runtime-error", null],
    "cut-in-trailer": ["runtime-error", null],
    wrong: ["runtime-error", null],
    junk: ["runtime-error", null],
    "deflate-cut": ["runtime-error", null],
    pieces: [3000, null],
  },
  "many members, and what looks like them": [10_000, 300_000, true],
  "a coded stream is decoded as it comes": ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"],
  "large bodies, with flat memory": 400 * 1024 * 1024,
  "a large body that is passed on": String(20 * 1024 * 1024),
};

test("component: each case of the guest observes what it should", async (context) => {
  const names = JSON.parse((await exchange("GET", "/names")).text);
  assert.deepEqual(names, Object.keys(WANT));
  for (const [name, want] of Object.entries(WANT)) {
    await context.test(name, async () => {
      const { text } = await exchange("GET", `/case?name=${encodeURIComponent(name)}`);
      const log = await server.stderr();
      assert.notEqual(text, "", log);
      assert.deepEqual(JSON.parse(text.replaceAll(upstream.base, "BASE")), want, log);
    });
  }
});

test("component: a proxy passes on each event as it comes", async () => {
  const { response } = await begin("GET", "/proxy?to=/events");
  const seen = [];
  for await (const chunk of response) {
    seen.push(chunk.toString());
    upstream.signals.give("next event");
  }
  assert.deepEqual(seen, ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"]);
  assert.equal(response.headers["content-type"], "text/event-stream");
});

test("component: a body streams both ways at the same time", async () => {
  const { request, response } = await begin("POST", "/echo", { body: null, headers: {} });
  const reader = response[Symbol.asyncIterator]();
  for (const piece of ["one", "two", "three"]) {
    request.write(piece);
    assert.equal((await reader.next()).value.toString(), piece);
  }
  request.end();
  assert.equal((await reader.next()).done, true);
});

test("component: a signal ends a call that waits for the first byte of the inbound request", async () => {
  const { request, response } = await begin("POST", "/proxy-with-limit", { body: null });
  const [body] = await response.toArray();
  const [name, message] = JSON.parse(body);
  assert.equal(name, "TimeoutError");
  assert.match(message, /^POST \S+\/echo: timed out after 50 ms/);
  request.destroy();
});

test("component: waitUntil continues after the response", async () => {
  const waited = upstream.signals.wait("mark waited");
  const { text } = await exchange("GET", "/wait");
  assert.deepEqual([text, upstream.marks], ["responded", []]);
  await waited;
  assert.deepEqual(upstream.marks, ["waited"]);
});

test("component: what the client gets of each response", async () => {
  const bad = [];
  for (const [method, path, want, log] of [
    ["GET", "/text", { status: 200, length: "5", text: "t\u00e9xt" }],
    ["HEAD", "/text", { status: 200, length: "5", text: "" }],
    ["GET", "/status?status=204", { status: 204, length: undefined, text: "" }],
    ["GET", "/status?status=404", { status: 404, length: "0", text: "" }],
    ["GET", "/throws", { status: 500, length: "0", text: "" }, /RangeError: what went wrong/],
    ...[[], ["one"], ["one", "two", "three"]].map((chunks) => [
      "GET",
      `/fails?chunks=${JSON.stringify(chunks)}`,
      { status: 200, length: undefined, text: chunks.join(""), error: "ECONNRESET" },
      new RegExp(`client gets the status 200 and ${chunks.join("").length} bytes.*: midway`),
    ]),
    ["GET", "/proxy?to=/hello", { status: 200, length: "5", text: "hello" }],
    ["HEAD", "/proxy?to=/hello", { status: 200, length: undefined, text: "" }],
    ["GET", "/remade?to=/hello", { status: 200, length: "5", text: "hello" }],
    [
      "GET",
      "/proxy?to=/coded/gzip",
      { status: 200, length: undefined, text: "h\u00e9llo ".repeat(500) },
    ],
  ]) {
    const got = await exchange(method, path);
    const seen = { status: got.status, length: got.headers["content-length"], text: got.text };
    if (got.error) seen.error = got.error;
    // The component may write it after its response.
    let logged = await server.stderr();
    for (let n = 0; log && n < 100 && !log.test(logged); n += 1) {
      await sleep(50);
      logged = await server.stderr();
    }
    const isLogged = !log || log.test(logged);
    if (JSON.stringify(seen) !== JSON.stringify(want) || !isLogged) {
      bad.push({ method, path, seen, want, logged });
    }
  }
  assert.deepEqual(bad, []);
});

test("component: what a handler gets of each request", async () => {
  const bad = [];
  for (const [method, options, want] of [
    ["GET", {}, { hasBody: false }],
    ["POST", { body: "abc" }, { hasBody: true }],
    ["POST", { headers: { "content-length": 0 } }, { hasBody: false }],
    ["DELETE", {}, { hasBody: false }],
    ["DELETE", { body: "abc", headers: { "content-length": 3 } }, { hasBody: true }],
    ["DELETE", { body: "abc", headers: { "transfer-encoding": "chunked" } }, { hasBody: true }],
    ["PURGE", {}, { hasBody: false }],
  ]) {
    const headers = { "x-a": "1", ...options.headers };
    const { text } = await exchange(method, "/facts?a=%20b", { ...options, headers });
    const got = JSON.parse(text);
    const seen = { method: got.method, url: got.url, hasBody: got.hasBody };
    const wanted = {
      method,
      url: `${server.base}/wasi-http/facts?a=%20b`,
      ...want,
    };
    const value = Object.fromEntries(got.headers)["x-a"];
    if (JSON.stringify(seen) !== JSON.stringify(wanted) || value !== "1")
      bad.push({ seen, wanted, value });
  }
  assert.deepEqual(bad, []);
});

test("component: a handler gets OPTIONS for the whole server", async () => {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const request = send(server.base, { method: "OPTIONS", path: "*", signal });
  const responded = once(request, "response");
  request.end();
  const [response] = await responded;
  const text = Buffer.concat(await response.toArray()).toString();
  assert.equal(text, `OPTIONS ${server.base}/*`);
});

test("component: fields that are copied from a request are sent without its host", async () => {
  const { text } = await exchange("GET", "/copy", { headers: { "x-a": "1" } });
  const { headers } = JSON.parse(text);
  assert.deepEqual([headers.host, headers["x-a"]], [new URL(upstream.base).host, "1"]);
});

test("component: a large inbound body is passed on, and memory stays flat", async () => {
  const { request, response } = await new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const request = send(`${server.base}/wasi-http/proxy?to=/upload/inbound?count`, {
      method: "POST",
      signal,
    });
    request.on("response", (response) => resolve({ request, response })).on("error", reject);
    const piece = Buffer.alloc(1024 * 1024);
    (async () => {
      for (let n = 0; n < 30; n += 1) if (!request.write(piece)) await once(request, "drain");
      request.end();
    })().catch(reject);
  });
  const chunks = await response.toArray();
  assert.equal(Buffer.concat(chunks).toString(), String(30 * 1024 * 1024));
  assert(request.writableEnded);
});
