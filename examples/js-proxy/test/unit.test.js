// The handler in Node, without WebAssembly. A mock agent replaces the host.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createHandler } from "spin-fetch/handler";
import { MockAgent } from "spin-fetch/testing";
import * as app from "../app.js";

const handle = createHandler(app);
const environment = { UPSTREAM: "https://upstream.test" };

test("method, path, query, headers and body are passed on", async () => {
  const agent = new MockAgent({ environment });
  const expected = {
    method: "PUT",
    url: "https://upstream.test/a/b?c=%20d",
    headers: { "x-a": "1" },
    body: "ping",
  };
  agent.on(expected, { status: 201, headers: { "x-b": "2" }, body: "pong" });
  await agent.run(async () => {
    const init = { method: "PUT", headers: { "x-a": "1" }, body: "ping" };
    const response = await handle(new Request("http://app.test/a/b?c=%20d", init));
    const got = [response.status, response.headers.get("x-b"), await response.text()];
    assert.deepEqual(got, [201, "2", "pong"]);
  });
});

test("a page gets a banner, whatever its status", async () => {
  const agent = new MockAgent({ environment });
  const headers = { "content-type": "text/html", "content-length": "17" };
  agent.on({ url: "https://upstream.test/" }, { status: 404, headers, body: "<body>hello</body>" });
  await agent.run(async () => {
    const response = await handle(new Request("http://app.test/"));
    assert.deepEqual([response.status, response.headers.get("x-proxy")], [404, "js-proxy"]);
    assert.equal(await response.text(), "<body><p>Served by a proxy.</p>hello</body>");
  });
});

test("a page that is not decoded is passed on unchanged", async () => {
  const agent = new MockAgent({ environment });
  const headers = { "content-type": "text/html", "content-encoding": "br" };
  agent.on({ url: "https://upstream.test/" }, { headers, body: "coded" });
  await agent.run(async () => {
    assert.equal(await (await handle(new Request("http://app.test/"))).text(), "coded");
  });
});

test("an upstream that fails is a 500", async () => {
  const agent = new MockAgent({ environment });
  agent.on({ url: "https://upstream.test/" }, { error: "runtime-error" });
  await agent.run(async () => {
    assert.equal((await handle(new Request("http://app.test/"))).status, 500);
  });
});
