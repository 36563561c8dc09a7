import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "spin-fetch/build";
import { guest, request } from "./harness.js";

test("component: modules of Node and Buffer work with unenv", async () => {
  const { entry, output } = await guest("unenv");
  await build({ entry, output, unenv: true });
  const { body, stderr } = await request(output, "/", { environment: { NAME: "value" } });
  assert.deepEqual(JSON.parse(body || "null"), ["c3a9", "b", "function", "value"], stderr);
});
