import assert from "node:assert/strict";
import { test } from "node:test";
import { Mocks, post, text } from "spin-harness";
import { componentOf, request } from "./harness.js";

const UPSTREAM = "http://upstream.test/";

for (const backend of ["spin", "wasi-http"]) {
  test(`component, ${backend}: an instance knows nothing of the rehearsal`, async () => {
    const { component, warnings } = await componentOf("fresh", backend);
    const first = await answerOf(component);
    const second = await answerOf(component);
    const { random, secret, now, ...rest } = first;
    // No warning: the rehearsal did not fail.
    assert.deepEqual(warnings, []);
    assert.deepEqual(rest, {
      requests: 1,
      urls: ["http://localhost/first"],
      atBuild: {},
      environment: { UPSTREAM },
      upstream: "got sent",
      withHost:
        backend === "spin"
          ? "sent"
          : 'POST http://upstream.test/: the header `host` is "app.test", but wasi:http sends the host of the URL; remove the header, or build without `--backend wasi-http`',
    });
    assert.notEqual(random, second.random);
    assert.notEqual(secret, second.secret);
    // The clock of an instance does not begin at 0.
    assert(now >= 0 && now < 900, `performance.now() is ${now}`);
  });
}

const SLOWER =
  "the component works, but the first request of each instance takes longer, because the build cannot rehearse a request, usually because the program replaces what the SDK uses: ";

for (const [name, reason] of [
  ["broken", "the program writes a log in it\nERROR: the handler failed: TypeError: broken by the"],
  ["endless", "it does not end within 20 s"],
]) {
  test(`a program that ends the rehearsal works, and the build warns: ${name}`, async () => {
    const { component, warnings } = await componentOf(name);
    assert.equal(warnings.length, 1);
    assert.equal(warnings[0].slice(0, SLOWER.length + reason.length), SLOWER + reason);
    const { body, stderr } = await request(component, "/", {}, { method: "POST", body: "[1]" });
    assert.equal(body, '{"sent":[1],"texts":[]}', stderr);
  });
}

for (const backend of ["spin", "wasi-http"]) {
  test(`component, ${backend}: a program may replace Promise`, async () => {
    const { component, warnings } = await componentOf("promises", backend);
    assert.deepEqual(warnings, []);
    const mocks = new Mocks().expect(post(UPSTREAM).text("sent"), text("got sent"));
    const options = { mocks, allowedOutboundHosts: [UPSTREAM] };
    const sent = { method: "POST", body: "sent" };
    const called = await request(component, "/", options, sent);
    assert.equal(called.body, "got sent", called.stderr);
    const large = await request(component, "/");
    assert.equal(large.body.length, 1_000_000, large.stderr);
    assert.equal(called.stderr + large.stderr, "");
    const rejected = await request(component, "/", {}, { method: "DELETE" });
    assert.equal(rejected.status, 200, rejected.stderr);
    assert.match(
      rejected.stderr,
      /^a promise was rejected, and nothing handles it: Error: unhandled$/m,
    );
  });
}

test("component: memory of many parts becomes a component", async () => {
  const { component } = await componentOf("sparse");
  assert.equal((await request(component, "/")).body, "1599992.5");
});

async function answerOf(component) {
  const mocks = new Mocks().expect(post(UPSTREAM).text("sent"), text("got sent"));
  const options = { mocks, allowedOutboundHosts: [UPSTREAM], environment: { UPSTREAM } };
  const { body, stderr } = await request(component, "/first", options);
  assert.notEqual(body, "", stderr);
  return JSON.parse(body);
}
