import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { optionsOf, toBundle } from "../../dist/build/bundle.js";
import { writeComponent } from "../../dist/build/component.js";
import { guest, request } from "./harness.js";

const here = (name) => fileURLToPath(new URL(`guests/${name}`, import.meta.url));

test("component: every native test passes inside the engine", async (context) => {
  const { entry, output } = await guest("suite");
  const options = optionsOf(entry);
  const alias = {
    ...options.alias,
    "node:test": here("node-test.js"),
    "node:assert/strict": here("node-assert.js"),
  };
  const result = await esbuild.build({ ...options, alias });
  await writeComponent(toBundle(entry, result), output, performance.now());
  const { body, stderr } = await request(output, "/");
  const results = JSON.parse(body || "[]");
  assert(results.length > 50, `${results.length} tests ran; ${stderr}`);
  for (const { name, failure } of results) {
    await context.test(name, () => assert.equal(failure, null, failure));
  }
});
