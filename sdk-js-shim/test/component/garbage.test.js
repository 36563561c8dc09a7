import assert from "node:assert/strict";
import { test } from "node:test";
import { componentOf, request } from "./harness.js";

test("component: an instance that drops 188 MiB of buffers in one request needs less than 20 MiB", async () => {
  const { component } = await componentOf("garbage");
  const { body, stderr, error } = await request(component, "/", {
    limits: { memoryBytes: 20 * 1024 * 1024 },
  });
  assert.equal(body, String(3000 * 64 * 1024), error?.message ?? stderr);
});
