// The package decides as the tables of host-test-harness/conformance/policy say.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import * as policy from "outbound-policy";
import { NAMES, run } from "./tables.js";

const FOLDER = new URL("../../conformance/policy/", import.meta.url);
const json = async (name) => JSON.parse(await readFile(new URL(name, FOLDER), "utf8"));

test("there is a test for each table", async () => {
  const files = (await readdir(FOLDER)).filter((name) => !name.endsWith(".schema.json"));
  assert.deepEqual(files.sort(), NAMES.map((name) => `${name}.json`).sort());
});

for (const name of NAMES) {
  test(`every row of ${name} holds`, async () => {
    const { count, failures } = run(name, await json(`${name}.json`), policy);
    assert(count > 0, "it has rows");
    assert.deepEqual(failures, [], failures.join("\n"));
  });
}

test("a row that does not hold is found", async () => {
  for (const name of NAMES) {
    const { rows } = await json(`${name}.json`);
    const wanted = rows.map(({ want }) => want);
    // Each row wants what another row of the table wants.
    const other = (want) =>
      wanted.find((candidate) => JSON.stringify(candidate) !== JSON.stringify(want));
    const [row] = rows;
    const wrong = { ...row, want: other(row.want) };
    assert.equal(run(name, { rows: [wrong] }, policy).failures.length, 1, name);
  }
});

test("the types name every code of the schemas", async () => {
  const types = readFileSync(new URL("../dist/results.d.ts", import.meta.url), "utf8");
  const errors = readFileSync(new URL("../dist/error.d.ts", import.meta.url), "utf8");
  const rows = async (name) => (await json(`${name}.schema.json`)).properties.rows.items.properties;
  const deny = (await rows("allowed_outbound_hosts.decisions")).want.properties.deny;
  const reasons = deny.properties.reason.enum;
  const warnings = (await rows("lint")).want.items.properties.kind.enum;
  const invalid = (await rows("uris")).want.properties.invalid.enum;
  assert(reasons.length > 5 && warnings.length > 5 && invalid.length > 2);
  for (const code of [...reasons, ...warnings]) assert(types.includes(`"${code}"`), code);
  for (const code of invalid) assert(errors.includes(`"${code}"`), code);
});
