import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "spin-fetch/build";
import { Mocks, post, text } from "spin-harness";
import { componentOf, guest, request } from "./harness.js";

const UPSTREAM = "http://upstream.test/";

for (const backend of ["spin", "wasi-http"]) {
  test(`component, ${backend}: an instance knows nothing of the rehearsal`, async () => {
    const { component } = await componentOf("fresh", backend);
    const first = await answerOf(component);
    const second = await answerOf(component);
    const { random, secret, now, ...rest } = first;
    assert.deepEqual(rest, {
      requests: 1,
      urls: ["http://localhost/first"],
      atBuild: {},
      environment: { UPSTREAM },
      upstream: "got sent",
    });
    assert.notEqual(random, second.random);
    assert.notEqual(secret, second.secret);
    assert(now >= 0 && now < 60_000, `performance.now() is ${now}`);
  });
}

test("a component that cannot handle the request of the rehearsal does not build", async () => {
  const { entry, output } = await guest("broken");
  await assert.rejects(build({ entry, output }), (error) => {
    assert.match(
      error.message,
      /^the rehearsal of a request failed with status 500 and body ""\nERROR: the handler failed: TypeError: broken by the program\n/,
    );
    return true;
  });
});

async function answerOf(component) {
  const mocks = new Mocks().expect(post(UPSTREAM).text("sent"), text("got sent"));
  const options = { mocks, allowedOutboundHosts: [UPSTREAM], environment: { UPSTREAM } };
  const { body, stderr } = await request(component, "/first", options);
  assert.notEqual(body, "", stderr);
  return JSON.parse(body);
}
