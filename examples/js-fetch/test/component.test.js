// The component in the harness, with an upstream on loopback.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { build } from "spin-fetch/build";

const HARNESS = process.env.SPIN_HARNESS ?? "spin-harness";
const request = (...words) =>
  promisify(execFile)(HARNESS, ["request", ...words], { timeout: 300_000 });
const path = (name) => new URL(`../${name}`, import.meta.url).pathname;
/** The component of each backend. */
const COMPONENTS = { spin: "app.wasm", "wasi-http": "wasi-http.wasm" };
let upstream;
let port;

before(async () => {
  for (const [backend, component] of Object.entries(COMPONENTS)) {
    await build({ entry: path("app.js"), output: path(component), backend });
  }
  upstream = createServer((request, response) => {
    const status = request.url === "/post" ? 201 : 200;
    response.writeHead(status, { "content-type": "text/plain" });
    request.pipe(response);
  });
  await new Promise((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  port = upstream.address().port;
});
after(() => upstream?.close());

const rows = ["get", "post", "denied", "self", "hello"].flatMap((name) =>
  Object.entries(COMPONENTS).map(([backend, component]) => ({ name, backend, component })),
);

for (const { name, backend, component } of rows) {
  test(`component: over ${backend}, the response to /${name} is as expected`, async () => {
    const { stdout } = await request(
      ...[path(component), "--env", `UPSTREAM=http://127.0.0.1:${port}`],
      ...["--allow-http-host", `127.0.0.1:${port}`, "--allow-http-host", "self", `/${name}`],
    );
    const got = stdout.split("\n\n").slice(1).join("\n\n").replaceAll(String(port), "PORT");
    // Over wasi:http the message has the error code of the host.
    const isOwn = name === "denied" && backend === "wasi-http";
    const file = path(`expected/${name}${isOwn ? ".wasi-http" : ""}.txt`);
    if (process.env.UPDATE_GOLDEN === "1") await writeFile(file, got);
    assert.equal(got, await readFile(file, "utf8"));
  });
}

for (const [backend, component] of Object.entries(COMPONENTS)) {
  const mocked = [path(component), "--manifest", path("spin.toml"), "--mock", path("mocks.toml")];

  test(`component: over ${backend}, a mock answers instead of the upstream`, async () => {
    const { stdout } = await request(...mocked, "/get");
    assert.match(stdout, /\nStatus: 203\nContent-Type: text\/csv\n$/);
  });

  test(`component: over ${backend}, a call that no mock matches fails`, async () => {
    await assert.rejects(request(...mocked, "--fail", "/post"), ({ code, stderr }) => {
      assert.equal(code, 22, stderr);
      assert.match(stderr, /no mock matches POST https:\/\/postman-echo\.com\/post/);
      return true;
    });
  });
}
