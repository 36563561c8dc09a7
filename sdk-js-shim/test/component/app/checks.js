// The checks of the Fetch Standard, over both backends.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { componentOf, request } from "../harness.js";
import { startUpstream } from "../oracle/upstream.js";

const GOLDEN = new URL("../platform.json", import.meta.url);
const BACKENDS = { spin: "spin", wasi: "wasi-http" };
let upstream;

before(async () => {
  upstream = await startUpstream();
});
after(() => upstream?.close());

async function outcomesOver(backend) {
  const { component } = await componentOf("app", backend);
  const { port } = new URL(upstream.base);
  const { body, stderr } = await request(component, "/checks", {
    allowedOutboundHosts: [upstream.base, `http://localhost:${port}`],
    environment: { UPSTREAM: upstream.base },
  });
  assert.match(body, /^\{/, stderr);
  return JSON.parse(body.replaceAll(upstream.base, "BASE"));
}

test("component: each check of the Fetch Standard has the outcome that platform.json names", async () => {
  const outcomes = {};
  for (const [name, backend] of Object.entries(BACKENDS)) {
    for (const [check, outcome] of Object.entries(await outcomesOver(backend))) {
      outcomes[check] ??= {};
      outcomes[check][name] = outcome;
    }
  }
  if (process.env.UPDATE_GOLDEN) await writeFile(GOLDEN, `${JSON.stringify(outcomes, null, 2)}\n`);
  const golden = JSON.parse(await readFile(GOLDEN, "utf8"));
  const differences = [...new Set([...Object.keys(golden), ...Object.keys(outcomes)])]
    .filter((check) => JSON.stringify(golden[check]) !== JSON.stringify(outcomes[check]))
    .map((check) => ({ check, want: golden[check], got: outcomes[check] }));
  const advice = "UPDATE_GOLDEN=1 node --test test/component/app.test.js rewrites platform.json";
  assert.deepEqual(differences, [], `${JSON.stringify(differences, null, 2)}\n${advice}`);
});
