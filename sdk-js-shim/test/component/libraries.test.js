import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { build } from "spin-fetch/build";
import { guest, request } from "./harness.js";
import { startUpstream } from "./oracle/upstream.js";

let component;
let upstream;

before(async () => {
  const { entry, output } = await guest("libraries");
  await build({ entry, output });
  component = output;
  upstream = await startUpstream();
});
after(() => upstream?.close());

for (const [library, error] of [
  ["ky", "HTTPError"],
  ["axios", "AxiosError"],
]) {
  test(`component: ${library} runs unmodified, in a listener of fetch`, async () => {
    const { host } = new URL(upstream.base);
    const options = ["--env", `UPSTREAM=${upstream.base}`, "--allow-http-host", host];
    const { body, stderr } = await request(component, `/${library}`, options);
    assert.deepEqual(
      JSON.parse(body || "null"),
      {
        got: ["/echo?q=a+b", library],
        posted: ["POST", "application/json", '{"a":1}'],
        failed: [error, 404],
        denied: "destination-not-allowed",
      },
      stderr,
    );
  });
}

test("component: the polyfills of FormatJS replace the functions that need a locale", async () => {
  const { body, stderr } = await request(component, "/formatjs");
  // A no-break space precedes the unit.
  assert.deepEqual(
    JSON.parse(body || "[]"),
    ["1.234.567,892", "1.234,50\u00a0€", "25\u00a0%"],
    stderr,
  );
});
