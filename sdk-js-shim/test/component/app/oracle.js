// `fetch` of a component, compared with Node's own.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { componentOf, request } from "../harness.js";
import { startUpstream } from "../oracle/upstream.js";

let upstream;

before(async () => {
  upstream = await startUpstream();
});
after(() => upstream?.close());

for (const [host, { environment, limits = {} }, { isReturning, backend }] of [
  ["a host that follows redirects", {}, { isReturning: false, backend: "spin" }],
  [
    "a host that returns redirects",
    { limits: { redirects: 0 }, environment: { SPIN_FETCH_REDIRECTS: "returned" } },
    { isReturning: true, backend: "spin" },
  ],
  ["a host of wasi:http", {}, { isReturning: true, backend: "wasi-http" }],
]) {
  test(`component: in ${host}, fetch behaves like Node's own, except for the listed differences`, async (context) => {
    const script = fileURLToPath(new URL("../oracle/node.js", import.meta.url));
    const node = await promisify(execFile)(process.execPath, [script, upstream.base], {
      timeout: 60_000,
    });
    const { port } = new URL(upstream.base);
    const { component } = await componentOf("app", backend);
    const { body, stderr } = await request(component, "/oracle", {
      allowedOutboundHosts: [upstream.base, `http://localhost:${port}`],
      environment: { UPSTREAM: upstream.base, ...environment },
      limits,
    });
    const expected = JSON.parse(node.stdout);
    const got = JSON.parse(body || "{}");
    const path = new URL("../oracle/differences.json", import.meta.url);
    const differences = JSON.parse(await readFile(path, "utf8"));
    assert.deepEqual(Object.keys(got), Object.keys(expected), stderr);
    for (const [name, want] of Object.entries(expected)) {
      await context.test(name, () => {
        const difference = differences[name];
        const isOfOther = difference?.backend && difference.backend !== backend;
        if (!difference || isOfOther || (difference.unlessReturned && isReturning)) {
          return assert.deepEqual(withoutPort(got[name]), withoutPort(want));
        }
        assert.deepEqual(withoutPort(want), difference.node, "what Node does is as listed");
        assert.deepEqual(withoutPort(got[name]), difference.guest, "the guest's is as listed");
        assert.notDeepEqual(difference.node, difference.guest);
        assert(difference.why);
      });
    }
    const unknown = Object.keys(differences).filter((name) => !(name in expected));
    assert.deepEqual(unknown, []);
  });
}

/** `rawHeaders` are compared only in the cases about them. */
function withoutPort(value) {
  const text = JSON.stringify(value, (key, value) => (key === "rawHeaders" ? undefined : value));
  return JSON.parse(text.replaceAll(upstream.base, "BASE"));
}
