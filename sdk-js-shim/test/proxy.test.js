// What a proxy passes on: from an inbound request to an outbound one, and from a response to the client.

import assert from "node:assert/strict";
import { test } from "node:test";
import { givenSignalOf, requestFromWire } from "../dist/request.js";
import { responseFromWire, responseToWire } from "../dist/response.js";
import { fetchOver } from "./support.js";

const bytes = (text) => new TextEncoder().encode(text);
const FULL_URL = ["spin-full-url", "http://app.test/x"];
const OF_INBOUND = [
  ["Host", "app.test"],
  FULL_URL,
  ["spin-path-info", ""],
  ["Spin-Client-Addr", "127.0.0.1:1"],
  ["Connection", "X-Hop, close"],
  ["x-hop", "1"],
  ["keep-alive", "timeout=5"],
  ["te", "trailers"],
  ["trailer", "x-t"],
  ["transfer-encoding", "chunked"],
  ["upgrade", "h2c"],
  ["proxy-authorization", "Basic x"],
  ["content-length", "4"],
  ["accept-encoding", "gzip, br, zstd"],
  ["expect", "100-continue"],
];
const PASSED_ON = [
  ["Content-Type", "a/b"],
  ["authorization", "Bearer x"],
  ["cookie", "a=1"],
  ["x-a", "1"],
  ["x-a", "2"],
];

function inboundRequest(headers = [...OF_INBOUND, ...PASSED_ON]) {
  const body = bytes("ping");
  return requestFromWire({ method: "post", uri: "/x", headers, params: [], body });
}

async function sent(makeCall) {
  const { fetch, requests } = fetchOver();
  await makeCall(fetch);
  return requests[0];
}

const names = ({ headers }) => headers.map(([name]) => name.toLowerCase());

test("an inbound request passed on loses the fields that belong to it, and nothing else", async () => {
  for (const [what, makeCall] of [
    ["Request", (fetch, inbound) => fetch(new Request("http://b.test/", inbound))],
    [
      "Request of a Request",
      (fetch, inbound) => fetch(new Request(new Request("http://b.test/", inbound))),
    ],
    ["clone", (fetch, inbound) => fetch(new Request("http://b.test/", inbound).clone())],
    ["init", (fetch, inbound) => fetch("http://b.test/", inbound)],
    [
      "members",
      (fetch, { method, headers, body }) =>
        fetch("http://b.test/", { method, headers, body, duplex: "half" }),
    ],
    [
      "Headers",
      (fetch, { method, headers, body }) =>
        fetch("http://b.test/", {
          method,
          headers: new Headers(new Headers(headers)),
          body,
          duplex: "half",
        }),
    ],
  ]) {
    const wire = await sent((fetch) => makeCall(fetch, inboundRequest()));
    assert.deepEqual(wire.headers, PASSED_ON, what);
    assert.deepEqual([wire.method, [...wire.body]], ["post", [...bytes("ping")]], what);
  }
});

test("a copy in a record or a list loses the same fields", async () => {
  const want = ["authorization", "content-type", "cookie", "x-a", "x-added"];
  for (const [what, copy] of [
    ["record", (headers) => ({ ...Object.fromEntries(headers), "x-added": "1" })],
    ["list", (headers) => [...headers, ["x-added", "1"]]],
    [
      "field by field",
      (headers) => {
        const copy = new Headers();
        for (const [name, value] of headers) copy.set(name, value);
        copy.set("x-added", "1");
        return copy;
      },
    ],
    ["map", (headers) => new Map([...headers, ["x-added", "1"]])],
  ]) {
    const wire = await sent((fetch) =>
      fetch("http://b.test/", { headers: copy(inboundRequest().headers) }),
    );
    assert.deepEqual(names(wire).sort(), want, what);
  }
});

test("a request made from an inbound request has no signal that could be aborted", () => {
  const inbound = inboundRequest();
  assert(inbound.signal instanceof AbortSignal);
  assert.equal(givenSignalOf(new Request("http://b.test/", inbound)), undefined);
  const { signal } = new AbortController();
  assert.equal(givenSignalOf(new Request("http://b.test/", { signal })), signal);
});

test("the program still sees every field of the inbound request", () => {
  const { headers } = inboundRequest();
  for (const [name, value] of OF_INBOUND) assert.equal(headers.get(name), value, name);
});

test("a field that the program sets is sent, whatever its value", async () => {
  const inbound = inboundRequest();
  const set = new Headers(inbound.headers);
  set.set("host", inbound.headers.get("host"));
  set.set("spin-client-addr", "explicit");
  set.delete("te");
  set.append("te", "trailers");
  for (const [what, headers, want] of [
    [
      "set",
      set,
      ["authorization", "content-type", "cookie", "host", "spin-client-addr", "te", "x-a", "x-a"],
    ],
    ["the inbound host", { host: inbound.headers.get("host") }, ["host"]],
    ["a field of Spin", { "spin-client-addr": "127.0.0.1:1" }, ["spin-client-addr"]],
    ["another host", { host: "b.test", "spin-x": "1", te: "trailers" }, ["host", "spin-x", "te"]],
    [
      "another host in a copy",
      { ...Object.fromEntries(inbound.headers), host: "b.test" },
      ["authorization", "content-type", "cookie", "host", "x-a"],
    ],
    ["one field of Spin", { [FULL_URL[0]]: FULL_URL[1], host: "app.test" }, ["host", FULL_URL[0]]],
    [
      "an invalid full URL",
      { "spin-full-url": "x", "spin-path-info": "", host: "b.test" },
      ["host", "spin-full-url", "spin-path-info"],
    ],
  ]) {
    const wire = await sent((fetch) => fetch("http://b.test/", { headers }));
    assert.deepEqual(names(wire).sort(), want, what);
  }
});

test("a copy does not change when its original does, nor the other way", async () => {
  const inbound = inboundRequest();
  const copy = new Headers(inbound.headers);
  copy.set("host", "b.test");
  const original = await sent((fetch) => fetch("http://b.test/", { headers: inbound.headers }));
  assert(!names(original).includes("host"));
  inbound.headers.set("expect", "x");
  const copied = await sent((fetch) => fetch("http://b.test/", { headers: copy }));
  assert(names(copied).includes("host"));
  assert(!names(copied).includes("expect"));
});

test("the body of an inbound request without `duplex` is an error that names it", async () => {
  const { method, headers, body } = inboundRequest();
  const { fetch, requests } = fetchOver();
  const error = await fetch("http://b.test/", { method, headers, body }).catch((error) => error);
  assert.match(
    error.message,
    /^POST http:\/\/b\.test\/: a stream as the body .* `duplex: "half"`$/,
  );
  assert.deepEqual(requests, []);
});

test("a response made from another has the length of its own body", async () => {
  const upstream = (status = 200) =>
    responseFromWire(
      {
        status,
        headers: [
          ["Content-Length", "4"],
          ["x-a", "1"],
        ],
        body: bytes("text"),
      },
      { method: "GET", url: "http://b.test/" },
    );
  for (const [what, response, method, want] of [
    ["unchanged", upstream(), "GET", ["x-a"]],
    ["changed", new Response("changed", upstream()), "GET", ["x-a", "content-type"]],
    ["empty", new Response("", upstream()), "GET", ["x-a", "content-type"]],
    ["removed", new Response(null, upstream()), "GET", ["x-a"]],
    ["the same body", new Response(upstream().body, upstream()), "GET", ["x-a"]],
    ["HEAD", new Response(null, upstream()), "HEAD", ["Content-Length", "x-a"]],
    ["HEAD with a body", upstream(), "HEAD", ["x-a"]],
    ["304", upstream(304), "GET", ["Content-Length", "x-a"]],
    ["204", upstream(204), "GET", ["x-a"]],
  ]) {
    const wire = await responseToWire(response, method);
    assert.deepEqual(
      wire.headers.map(([name]) => name),
      want,
      what,
    );
  }
});

test("hop-by-hop fields do not go to the client", async () => {
  const headers = [...OF_INBOUND.slice(4, 11), ["proxy-authenticate", "Basic"], ["x-a", "1"]];
  const response = responseFromWire(
    { status: 200, headers, body: bytes("x") },
    { method: "GET", url: "http://b.test/" },
  );
  const wire = await responseToWire(response, "GET");
  assert.deepEqual(wire.headers, [["x-a", "1"]]);
});
