// The app in Node, without WebAssembly. A mock agent replaces the host.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { createHandler } from "spin-fetch/handler";
import { MockAgent } from "spin-fetch/testing";
import { PRODUCT, STOCK } from "./upstreams.js";

const environment = { CATALOGUE: "https://catalogue.test", STOCK: "https://stock.test" };
let folder;
let handle;

before(async () => {
  // Node 20 cannot run TypeScript.
  folder = await mkdtemp(fileURLToPath(new URL("../.test-", import.meta.url)));
  await esbuild.build({
    entryPoints: [fileURLToPath(new URL("../src/app.ts", import.meta.url))],
    outfile: `${folder}/app.mjs`,
    bundle: true,
    format: "esm",
    packages: "external",
  });
  handle = createHandler(await import(`${folder}/app.mjs`));
});
after(() => rm(folder, { recursive: true }));

test("a product is combined with its stock", async () => {
  const agent = new MockAgent({ environment })
    .on({ url: "https://catalogue.test/products/a%2Fb" }, { json: PRODUCT })
    .on({ url: "https://stock.test/stock/a%2Fb" }, { json: STOCK });
  await agent.run(async () => {
    const response = await handle(new Request("http://app.test/products/a%2Fb"));
    assert.deepEqual(await response.json(), { ...PRODUCT, inStock: true });
  });
});

test("a product that the catalogue lacks is not requested from the stock", async () => {
  const agent = new MockAgent({ environment });
  agent.on({ url: "https://catalogue.test/products/9" }, { status: 404 });
  await agent.run(async () => {
    assert.equal((await handle(new Request("http://app.test/products/9"))).status, 404);
  });
});

test("an upstream that does not respond, or fails, is a 502", async () => {
  for (const response of [{ error: "runtime-error" }, { status: 500 }]) {
    const agent = new MockAgent({ environment });
    agent.on({ url: "https://catalogue.test/products/7" }, response);
    await agent.run(async () => {
      assert.equal((await handle(new Request("http://app.test/products/7"))).status, 502);
    });
  }
});

test("an order is forwarded, and its response is returned", async () => {
  const order = { product: 7, count: 2 };
  const agent = new MockAgent({ environment });
  const expected = { method: "POST", url: "https://stock.test/orders", json: order };
  agent.on(expected, { status: 202, body: "accepted" });
  await agent.run(async () => {
    const body = JSON.stringify(order);
    const response = await handle(new Request("http://app.test/orders", { method: "POST", body }));
    assert.deepEqual([response.status, await response.text()], [202, "accepted"]);
  });
  assert.match(agent.calls[0].headers.get("idempotency-key"), /^[\da-f-]{36}$/);
});
