// The component in the harness, with both upstreams on loopback.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "spin-fetch/build";
import { PRODUCT, STOCK } from "./upstreams.js";

const HARNESS = process.env.SPIN_HARNESS ?? "spin-harness";
const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
/** The component of each backend. */
const COMPONENTS = { spin: "app.wasm", "wasi-http": "wasi-http.wasm" };
const servers = [];

/** Serves these values as JSON by path on loopback, and anything else as a 404. Returns the base URL. */
async function serve(values) {
  const server = createServer((request, response) => {
    const value = values[request.url];
    response.writeHead(value ? 200 : 404, { "content-type": "application/json" });
    response.end(value && JSON.stringify(value));
  });
  servers.push(server);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

let options;

before(async () => {
  for (const [backend, component] of Object.entries(COMPONENTS)) {
    await build({ entry: path("src/app.ts"), output: path(component), backend });
  }
  const catalogue = await serve({ "/products/7": PRODUCT, "/products/8": PRODUCT });
  const stock = await serve({ "/stock/7": STOCK });
  options = [
    ...["--env", `CATALOGUE=${catalogue}`, "--allow-outbound-host", catalogue],
    ...["--env", `STOCK=${stock}`, "--allow-outbound-host", stock],
  ];
});
after(() => {
  for (const server of servers) server.close();
});

for (const [name, request] of [
  ["in-stock", "/products/7"],
  ["sold-out", "/products/8"],
  ["unknown", "/products/9"],
  ["no-route", "/nothing"],
]) {
  for (const [backend, component] of Object.entries(COMPONENTS)) {
    test(`component: over ${backend}, the response to ${request} is as expected`, async () => {
      const words = ["request", path(component), ...options, request];
      const { stdout } = await promisify(execFile)(HARNESS, words, { timeout: 300_000 });
      const file = path(`expected/${name}.txt`);
      if (process.env.UPDATE_GOLDEN === "1" && backend === "spin") await writeFile(file, stdout);
      // Over wasi:http the SDK sets the length, which the host sets over the other import.
      const got = stdout.replace(/^content-length: \d+\r?\n/m, "");
      assert.equal(got, await readFile(file, "utf8"));
    });
  }
}
