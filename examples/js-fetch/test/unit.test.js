// The handler in Node, without WebAssembly. A mock agent replaces the host.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createHandler } from "spin-fetch/handler";
import { MockAgent } from "spin-fetch/testing";
import * as app from "../app.js";

const handle = createHandler(app);
const environment = { UPSTREAM: "https://upstream.test" };
const text = async (path) => (await handle(new Request(`http://app.test${path}`))).text();

test("the upstream's status and content type are shown", async () => {
  const agent = new MockAgent({ environment });
  agent.on(
    { url: "https://upstream.test/get" },
    { status: 503, headers: { "content-type": "a/b" } },
  );
  await agent.run(async () => {
    assert.match(await text("/get"), /Status: 503\nContent-Type: a\/b\n$/);
  });
});

test("JSON is posted", async () => {
  const agent = new MockAgent({ environment });
  const expected = {
    method: "POST",
    url: "https://upstream.test/post",
    headers: { "content-type": "application/json" },
    json: { message: "Hello from a component" },
  };
  agent.on(expected, { status: 201, body: "stored" });
  await agent.run(async () => {
    assert.match(await text("/post"), /Status: 201\nBody: stored\n$/);
  });
});

test("a denial is reported, and another error is a 500", async () => {
  const url = "https://denied.test/";
  const denies = new MockAgent().on({ url }, { error: "destination-not-allowed" });
  await denies.run(async () => {
    assert.match(await text("/denied"), /^Denied: .* add "https:\/\/denied.test"/);
  });
  const fails = new MockAgent().on({ url }, { error: "runtime-error" });
  await fails.run(async () => {
    assert.equal((await handle(new Request("http://app.test/denied"))).status, 500);
  });
});

test("an unknown path is not found", async () => {
  assert.equal((await handle(new Request("http://app.test/unknown"))).status, 404);
});
