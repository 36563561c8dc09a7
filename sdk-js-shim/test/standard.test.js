// The README says how many checks of the Fetch Standard pass. `test/component/app.test.js` runs them.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const read = (path) => readFile(new URL(path, import.meta.url), "utf8");

test("the README has the number of checks that pass, by group and backend", async () => {
  const groups = {};
  for (const [check, { spin, wasi }] of Object.entries(
    JSON.parse(await read("component/platform.json")),
  )) {
    const [group] = check.split(":");
    groups[group] ??= [0, 0, 0];
    groups[group][0] += 1;
    groups[group][1] += spin === "pass";
    groups[group][2] += wasi === "pass";
  }
  const rows = Object.entries(groups).map(
    ([group, counts]) => `| ${[group, ...counts].join(" | ")} |`,
  );
  const [, table] = /## The Fetch Standard\n[\s\S]*?\|---.*\n((?:\|.*\n)+)/.exec(
    await read("../README.md"),
  );
  assert.equal(table, `${rows.join("\n")}\n`);
});
