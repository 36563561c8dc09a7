// The component in the harness, in memory. Mocks answer in place of both upstreams.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { before, test } from "node:test";
import { build } from "spin-fetch/build";
import { App, fault, get, json, Mocks, post, status, text } from "spin-harness";
import { PRODUCT, STOCK } from "./upstreams.js";

const path = (name) => new URL(`../${name}`, import.meta.url);
/** The component of each backend. */
const COMPONENTS = { spin: "app.wasm", "wasi-http": "wasi-http.wasm" };
const CATALOGUE_URL = "https://catalogue.example.com/products";
const STOCK_URL = "https://stock.example.com";

/** Loads the application of the manifest, with the component of a backend. */
function load(backend, mocks) {
  const componentFiles = { "ts-hono": path(COMPONENTS[backend]) };
  return App.load({ manifest: path("spin.toml"), componentFiles, mocks });
}

before(async () => {
  for (const [backend, component] of Object.entries(COMPONENTS)) {
    await build({ entry: path("src/app.ts").pathname, output: path(component).pathname, backend });
  }
});

for (const backend of Object.keys(COMPONENTS)) {
  test(`component: over ${backend}, the response to each request is as expected`, async () => {
    const mocks = new Mocks()
      .expect(get(`${CATALOGUE_URL}/7`), json(PRODUCT))
      .expect(get(`${CATALOGUE_URL}/8`), json(PRODUCT))
      .expect(get(`${CATALOGUE_URL}/9`), status(404))
      .expect(get(`${STOCK_URL}/stock/7`), json(STOCK))
      .expect(get(`${STOCK_URL}/stock/8`), status(404));
    const app = await load(backend, mocks);
    for (const [name, request] of [
      ["in-stock", "/products/7"],
      ["sold-out", "/products/8"],
      ["unknown", "/products/9"],
      ["no-route", "/nothing"],
    ]) {
      const got = await shown(await app.fetch(request));
      const file = path(`expected/${name}.txt`);
      if (process.env.UPDATE_GOLDEN === "1" && backend === "spin") await writeFile(file, got);
      assert.equal(got, await readFile(file, "utf8"), request);
    }
    await mocks.verify();
    await app.close();
  });

  test(`component: over ${backend}, an order is forwarded with a key of its own`, async () => {
    const order = { product: 7, count: 2 };
    const accepted = text("accepted").status(202);
    const mocks = new Mocks().expect(post(`${STOCK_URL}/orders`).json(order).times(2), accepted);
    const app = await load(backend, mocks);
    for (let n = 0; n < 2; n += 1) {
      const response = await app.fetch("/orders", { method: "POST", body: JSON.stringify(order) });
      assert.deepEqual([response.status, await response.text()], [202, "accepted"]);
    }
    const received = await mocks.received();
    const keys = received.map(({ headers }) => headers.get("idempotency-key"));
    assert.match(keys[0], /^[\da-f-]{36}$/);
    assert.notEqual(keys[0], keys[1]);
    await mocks.verify();
    await app.close();
  });

  test(`component: over ${backend}, an upstream that cannot be reached is a 502`, async () => {
    const mocks = new Mocks().expect(get(`${CATALOGUE_URL}/7`), [fault("refused"), fault("dns")]);
    const app = await load(backend, mocks);
    for (let n = 0; n < 2; n += 1) {
      const response = await app.fetch("/products/7");
      assert.equal(response.status, 502);
      assert.deepEqual(await response.json(), { error: "an upstream does not respond" });
    }
    await mocks.verify();
    await app.close();
  });
}

/** The response as text, without the length: over wasi:http the SDK sets it, over the other import the server. */
async function shown(response) {
  response.headers.delete("content-length");
  const fields = [...response.headers].map(([name, value]) => `${name}: ${value}`);
  return [response.status, ...fields, "", await response.text()].join("\n");
}
