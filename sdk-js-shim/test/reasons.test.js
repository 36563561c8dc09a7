// The table that all SDKs share is complete in both directions.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fill, REASONS } from "../dist/reasons.js";

const TABLE = new URL("../../host-test-harness/conformance/sdk-errors.json", import.meta.url);

const toCamelCase = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const toCode = (kind) => kind.replace(/(?!^)[A-Z]/g, "-$&").toLowerCase();

test("every code and text equals the table that all SDKs share", async () => {
  const table = JSON.parse(await readFile(TABLE, "utf8"));
  const want = table.reasons
    .filter(({ languages }) => languages?.includes("javascript") ?? true)
    .map(({ name, kind, text }) => `${toCamelCase(name)} (${toCode(kind)}): ${text}`);
  const got = Object.entries(REASONS).flatMap(([name, { code, text }]) =>
    [code].flat().map((code) => `${name} (${code}): ${text}`),
  );
  assert.deepEqual(got.sort(), want.sort());
});

test("placeholders are filled in, and braces in a value stay", () => {
  assert.equal(fill("{a} and {b}", { a: "{b}", b: 2 }), "{b} and 2");
});
