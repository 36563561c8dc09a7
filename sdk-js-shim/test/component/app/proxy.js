// A proxy in a component, behind a real server: what reaches the upstream, and what reaches the client.

import assert from "node:assert/strict";
import { request as send } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { componentOf, serve } from "../harness.js";
import { startUpstream } from "../oracle/upstream.js";

const LIMIT_MS = 60_000;
let upstream;
let server;

before(async () => {
  const { component } = await componentOf("app");
  upstream = await startUpstream();
  const environment = { UPSTREAM: upstream.base };
  server = await serve(component, { allowedOutboundHosts: [upstream.base], environment });
});
after(async () => {
  await server?.close();
  await upstream?.close();
});

/** Sends a request with Node's client, which changes nothing. */
async function exchange(method, path, { headers = {}, body } = {}) {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const request = send(`${server.base}${path}`, { method, headers, signal });
  const response = await new Promise((resolve, reject) => {
    request.on("response", resolve).on("error", reject).end(body);
  });
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  const log = await server.stderr();
  const text = Buffer.concat(chunks).toString("utf8");
  return { status: response.statusCode, headers: response.headers, text, log };
}

/** What a client and its connection add, and what must not reach the upstream. */
const CLIENT = {
  "x-a": "1",
  authorization: "Bearer x",
  cookie: "a=1",
  "accept-encoding": "gzip, br",
  connection: "x-hop, keep-alive",
  "x-hop": "1",
  te: "trailers",
};
const PASSED_ON = { "x-a": "1", authorization: "Bearer x", cookie: "a=1" };

test("component: each way to pass a request on sends its own fields and body, and the upstream's host", async () => {
  const bad = [];
  for (const [method, path, want] of [
    ["POST", "/request", { ...PASSED_ON, "content-type": "text/x" }],
    ["POST", "/init", { ...PASSED_ON, "content-type": "text/x" }],
    ["GET", "/request", PASSED_ON],
    ["GET", "/copy", { ...PASSED_ON, "x-added": "1" }],
    ["GET", "/record", { ...PASSED_ON, "x-added": "1" }],
    ["GET", "/list", { ...PASSED_ON, "x-added": "1" }],
  ]) {
    const body = method === "POST" ? "ping" : undefined;
    const type = body ? { "content-type": "text/x" } : {};
    const got = await exchange(method, `${path}?to=/echo`, {
      headers: { ...CLIENT, ...type },
      body,
    });
    const seen = got.status === 200 ? JSON.parse(got.text) : got;
    const host = seen.rawHeaders?.[seen.rawHeaders.indexOf("host") + 1];
    const result = [seen.method, seen.headers, seen.body, host];
    const wanted = [method, want, body ?? "", new URL(upstream.base).host];
    try {
      assert.deepEqual(result, wanted);
    } catch {
      bad.push({ method, path, result, wanted, log: got.log });
    }
  }
  assert.deepEqual(bad, []);
});

test("component: a host and a field of Spin that the program sets are sent", async () => {
  const inbound = new URL(server.base).host;
  const bad = [];
  for (const [path, want] of [
    ["/host", ["explicit.test", undefined]],
    ["/same-host", [inbound, undefined]],
    ["/set-host", [inbound, "explicit"]],
    ["/record-with-host", ["explicit.test", undefined]],
  ]) {
    const { text, log } = await exchange("GET", `${path}?to=/echo`);
    const { rawHeaders, headers } = JSON.parse(text);
    const got = [rawHeaders[rawHeaders.indexOf("host") + 1], headers["spin-client-addr"]];
    if (JSON.stringify(got) !== JSON.stringify(want)) bad.push({ path, got, want, log });
  }
  assert.deepEqual(bad, []);
});

test("component: a changed body has its own length", async () => {
  const options = { headers: { "content-type": "text/x" }, body: "ping-ping" };
  const { text } = await exchange("POST", "/changed-request?to=/echo", options);
  assert.equal(JSON.parse(text).body, "PING-PING");
});

test("component: a body of a stream without `duplex` is a sentence in the log", async () => {
  const sentence = /POST http:\S+\/echo: a stream as the body requires the option `duplex: "half"`/;
  const { status, log } = await exchange("POST", "/without-duplex?to=/echo", { body: "ping" });
  assert.equal(status, 500);
  assert.match(log, sentence);
});

test("component: a response reaches the client whole, however the handler returns it", async () => {
  const bad = [];
  const coded = JSON.stringify({ text: "h\u00e9llo ".repeat(500) });
  for (const [method, path, want] of [
    ["GET", "/request?to=/text", [200, "text", { "content-length": "4", "x-a": "1" }]],
    ["HEAD", "/request?to=/text", [200, "", { "content-length": "4", "x-a": "1" }]],
    ["GET", "/request?to=/not-modified", [304, "", { etag: '"1"' }]],
    ["GET", "/request?to=/status/204", [204, "", { "content-length": undefined }]],
    ["GET", "/request?to=/status/404", [404, "status 404", { "content-length": "10" }]],
    [
      "GET",
      "/request?to=/chunked",
      [200, "abc", { "content-length": "3", "x-hop": undefined, trailer: undefined }],
    ],
    [
      "GET",
      "/request?to=/cookies",
      [200, "", { "set-cookie": ["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=2"] }],
    ],
    [
      "GET",
      "/request?to=/coded/gzip",
      [200, coded, { "content-encoding": undefined, "content-length": "3511" }],
    ],
    ["HEAD", "/request?to=/coded/gzip", [200, "", { "content-encoding": "gzip" }]],
    ["GET", "/changed?to=/text", [200, "text, changed", { "content-length": "13", "x-a": "1" }]],
    [
      "GET",
      "/changed?to=/coded/gzip",
      [200, `${coded.slice(0, 40)}, changed`, { "content-encoding": undefined }],
    ],
    [
      "GET",
      "/changed?to=/coded/deflate",
      [200, `${coded.slice(0, 40)}, changed`, { "content-encoding": undefined }],
    ],
    ["GET", "/removed?to=/text", [200, "", { "content-length": "0", "x-a": "1" }]],
    ["GET", "/mutable?to=/text", [200, "text", { "content-length": "4", "x-added": "1" }]],
    [
      "GET",
      "/hop?to=/",
      [200, "abc", { "x-hop": undefined, upgrade: undefined, "content-length": "3" }],
    ],
  ]) {
    const { status, text, headers, log } = await exchange(method, path);
    const [, , fields] = want;
    const got = [
      status,
      text,
      Object.fromEntries(Object.keys(fields).map((name) => [name, headers[name]])),
    ];
    try {
      assert.deepEqual(got, want);
    } catch {
      bad.push({ method, path, got, want, log });
    }
  }
  assert.deepEqual(bad, []);
});

test("component: a body of 5 MB is passed on whole, in both directions", async () => {
  const body = "0123456789".repeat(500_000);
  const options = { headers: { "content-type": "text/x" }, body };
  for (const path of ["/request", "/init", "/changed-request"]) {
    const { status, text, log } = await exchange("POST", `${path}?to=/echo`, options);
    assert.equal(status, 200, log);
    assert(JSON.parse(text).body === body, `${path}: the body is another one`);
  }
});

test("component: a client that closes its connection does not disturb the next one", async () => {
  const { hostname, port } = new URL(server.base);
  const before = await server.stderr();
  for (const sent of [
    "POST /request?to=/echo HTTP/1.1\r\nhost: a.test\r\ncontent-length: 1000\r\n\r\nhalf",
    "GET /request?to=/slow HTTP/1.1\r\nhost: a.test\r\n\r\n",
    "GET /request?to=/text HTTP/1.1\r\nhost: a.test\r\n",
  ]) {
    const socket = connect(Number(port), hostname);
    await new Promise((resolve, reject) => socket.on("error", reject).write(sent, resolve));
    socket.destroy();
    const { status, text, log } = await exchange("GET", "/request?to=/text");
    assert.deepEqual([status, text, log], [200, "text", before]);
  }
});
