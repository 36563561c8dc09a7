// The component in the harness: in memory, with a mock of the upstream, and behind a server, with one on loopback.

import assert from "node:assert/strict";
import { createServer, request as send } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "spin-fetch/build";
import { App, any, bytes, Mocks, status } from "spin-harness";

const PAGE = "<body>h\u00e9llo</body>";
const CHANGED = "<body><p>Served by a proxy.</p>h\u00e9llo</body>";
const UPSTREAM = "https://upstream.test";
const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
/** The component of each backend. */
const COMPONENTS = { spin: "app.wasm", "wasi-http": "wasi-http.wasm" };
let upstream;
const apps = [];
/** The base URL of each backend's component. */
const bases = {};

before(async () => {
  upstream = createServer(respond);
  await new Promise((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  for (const [backend, component] of Object.entries(COMPONENTS)) {
    await build({ entry: path("app.js"), output: path(component), backend });
    const app = await load(backend, `http://127.0.0.1:${upstream.address().port}`);
    apps.push(app);
    bases[backend] = await app.listen();
  }
});
after(async () => {
  for (const app of apps) await app.close();
  upstream?.close();
});

function respond(request, response) {
  if (request.url === "/echo?q=1") {
    const { method, headers } = request;
    response.writeHead(201, { "content-type": "text/plain", "set-cookie": ["a=1", "b=2"] });
    response.write(JSON.stringify({ method, headers }));
    request.pipe(response);
  } else {
    response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
  }
}

/** Loads the application with the component of a backend, in front of `origin`. */
function load(backend, origin, mocks) {
  return App.load({
    manifest: path("spin.toml"),
    componentFiles: { "js-proxy": path(COMPONENTS[backend]) },
    variables: { upstream: origin },
    environment: { UPSTREAM: origin },
    mocks,
  });
}

/** Sends a request with Node's client, which adds and decodes nothing. */
async function exchange(backend, method, path, { headers = {}, body } = {}) {
  const request = send(`${bases[backend]}${path}`, {
    method,
    headers,
    signal: AbortSignal.timeout(60_000),
  });
  const response = await new Promise((resolve, reject) => {
    request.on("response", resolve).on("error", reject).end(body);
  });
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  return { status: response.statusCode, headers: response.headers, text };
}

for (const backend of Object.keys(COMPONENTS)) {
  test(`component: over ${backend}, a served request and its response are passed on`, async () => {
    const headers = { "x-a": "1", "accept-encoding": "br", connection: "x-hop", "x-hop": "1" };
    const got = await exchange(backend, "POST", "/echo?q=1", { headers, body: "ping" });
    assert.equal(got.status, 201);
    assert.deepEqual(got.headers["set-cookie"], ["a=1", "b=2"]);
    // Over wasi:http the body streams. The upstream does not say its length.
    const length = backend === "spin" ? String(got.text.length) : undefined;
    assert.equal(got.headers["content-length"], length);
    const seen = JSON.parse(got.text.slice(0, -"ping".length));
    const { host } = new URL(`http://127.0.0.1:${upstream.address().port}`);
    assert.deepEqual(seen, {
      method: "POST",
      headers: { "x-a": "1", host, "content-length": "4" },
    });
    assert(got.text.endsWith("ping"));
    const page = await exchange(backend, "GET", "/page");
    assert.deepEqual([page.text, page.headers["content-length"]], [CHANGED, "44"]);
  });

  const html = bytes(Buffer.from(PAGE)).header("content-type", "text/html");
  const coded = bytes(gzipSync(PAGE)).header("content-type", "text/html");
  for (const [name, method, response, want] of [
    ["a page", "GET", html, [200, CHANGED, { "x-proxy": "js-proxy" }]],
    ["a page of any status", "GET", html.status(404), [404, CHANGED, { "x-proxy": "js-proxy" }]],
    [
      "a compressed page",
      "GET",
      coded.header("content-encoding", "gzip"),
      [200, CHANGED, { "content-encoding": null }],
    ],
    [
      "the head of a page",
      "HEAD",
      html.header("content-length", "19"),
      [200, "", { "content-length": "19", "x-proxy": null }],
    ],
    [
      "a 304",
      "GET",
      status(304).header("etag", '"1"'),
      [304, "", { etag: '"1"', "x-proxy": null }],
    ],
  ]) {
    test(`component: over ${backend}, ${name} reaches the client with its own fields`, async () => {
      const mocks = new Mocks().expect(any().host("upstream.test"), response);
      const app = await load(backend, UPSTREAM, mocks);
      const got = await app.fetch("/page?q=%20", { method });
      const fields = Object.keys(want[2]).map((name) => [name, got.headers.get(name)]);
      assert.deepEqual([got.status, await got.text(), Object.fromEntries(fields)], want);
      const [received] = await mocks.received();
      assert.deepEqual([received.method, received.url], [method, `${UPSTREAM}/page?q=%20`]);
      await mocks.verify();
      await app.close();
    });
  }
}
