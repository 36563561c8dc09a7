// The component in the harness, in memory. Mocks answer its calls.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { before, test } from "node:test";
import { build } from "spin-fetch/build";
import { App, get, Mocks, post, text } from "spin-harness";

const path = (name) => new URL(`../${name}`, import.meta.url);
const UPSTREAM = "https://postman-echo.com";
/** The component of each backend. */
const COMPONENTS = { spin: "app.wasm", "wasi-http": "wasi-http.wasm" };

/** Loads the application of the manifest, with the component of a backend. */
function load(backend, mocks) {
  const componentFiles = { "js-fetch": path(COMPONENTS[backend]) };
  return App.load({ manifest: path("spin.toml"), componentFiles, mocks });
}

before(async () => {
  for (const [backend, component] of Object.entries(COMPONENTS)) {
    await build({ entry: path("app.js").pathname, output: path(component).pathname, backend });
  }
});

for (const backend of Object.keys(COMPONENTS)) {
  test(`component: over ${backend}, the response to each path is as expected`, async () => {
    const plain = text("").headers({ "content-type": "text/plain" });
    const mocks = new Mocks()
      .expect(get(`${UPSTREAM}/get`), plain)
      .expect(post(`${UPSTREAM}/post`).header("content-type", "application/json"), (request) =>
        text(request.text()).status(201),
      );
    const app = await load(backend, mocks);
    for (const name of ["get", "post", "denied", "self", "hello"]) {
      const response = await app.fetch(`/${name}`);
      const got = (await response.text()).replaceAll(UPSTREAM, "UPSTREAM");
      // Over wasi:http the message has the error code of the host.
      const isOwn = name === "denied" && backend === "wasi-http";
      const file = path(`expected/${name}${isOwn ? ".wasi-http" : ""}.txt`);
      if (process.env.UPDATE_GOLDEN === "1") await writeFile(file, got);
      assert.equal(got, await readFile(file, "utf8"));
    }
    await mocks.verify();
    await app.close();
  });

  test(`component: over ${backend}, the mocks of a file answer, and a call that none matches fails`, async () => {
    const mocks = Mocks.fromFile(path("mocks.toml"));
    const app = await load(backend, mocks);
    const response = await app.fetch("/get");
    assert.match(await response.text(), /\nStatus: 203\nContent-Type: text\/csv\n$/);
    await mocks.verify();
    assert.equal((await app.fetch("/post")).status, 500);
    await assert.rejects(mocks.verify(), /no mock matches POST https:\/\/postman-echo\.com\/post/);
    await app.close();
  });
}
