// The examples of the documentation run, in the folder of an application.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as exported from "spin-harness";
import { component } from "./guest.js";

const PACKAGE = new URL("../../", import.meta.url);
const LIMIT_MS = 300_000;
const SOURCES = ["app", "error", "expectation", "mock-response", "mocks", "url-pattern"];
/** Within a test, Node would report to the outer one. */
const { NODE_TEST_CONTEXT: _, ...ENVIRONMENT } = process.env;
let folder;

before(
  async () => {
    folder = await mkdtemp(fileURLToPath(new URL(".example-", PACKAGE)));
    const manifest = `spin_manifest_version = 2
[application]
name = "shop"
[[trigger.http]]
route = "/..."
component = "shop"
[component.shop]
source = ${JSON.stringify(await component("shop", "spin", "docs"))}
allowed_outbound_hosts = ["https://api.test"]
`;
    await writeFile(`${folder}/spin.toml`, manifest);
    await mkdir(`${folder}/test`);
  },
  { timeout: LIMIT_MS },
);
after(() => rm(folder, { recursive: true }));

/** Runs a program in the folder, where `spin-harness` is this package. */
async function run(program, name, words = []) {
  await writeFile(`${folder}/${name}`, program);
  const options = { cwd: folder, env: ENVIRONMENT, timeout: LIMIT_MS };
  const { stdout } = await promisify(execFile)(process.execPath, [...words, name], options);
  return stdout;
}

for (const source of SOURCES) {
  test(`component: the examples in src/${source}.ts run`, async () => {
    const text = await readFile(new URL(`src/${source}.ts`, PACKAGE), "utf8");
    const examples = [...text.matchAll(/@example\s*\n\s*\* ```js\n([\s\S]*?)\s*\* ```/g)];
    assert(examples.length > 0, "it has an example");
    for (const [, example] of examples) await run(example.replace(/^\s*\* ?/gm, ""), "example.mjs");
  });
}

test("the README has every function that is exported", async () => {
  const readme = await readFile(new URL("README.md", PACKAGE), "utf8");
  const functions = Object.keys(exported).filter((name) => /^[a-z]/.test(name));
  const missing = functions.filter((name) => !new RegExp(`\\b${name}\\b`).test(readme));
  assert.deepEqual(missing, []);
});

test("component: the programs in the README run", async () => {
  const readme = await readFile(new URL("README.md", PACKAGE), "utf8");
  const blocks = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, block]) => block);
  const of = (marker) => blocks.filter((block) => block.includes(marker));
  const [test, vitest] = [of('from "node:test"'), of('from "vitest"')];
  assert.deepEqual([blocks.length, test.length, vitest.length], [3, 1, 1]);
  const stdout = await run(test[0], "test/buy.test.mjs", ["--test", "--test-reporter=tap"]);
  assert.match(stdout, /^# pass 1\n# fail 0$/m, stdout);
  const [program] = blocks.filter((block) => !test.includes(block) && !vitest.includes(block));
  assert.equal(await run(program, "program.mjs"), "Bearer t\n");
});

for (const example of ["js-fetch", "js-proxy", "ts-hono"]) {
  test(`component: the test in the README of ${example} passes`, {
    timeout: LIMIT_MS,
  }, async () => {
    const folder = fileURLToPath(new URL(`../../examples/${example}`, PACKAGE));
    const readme = await readFile(`${folder}/README.md`, "utf8");
    const [[, block], ...others] = readme.matchAll(/```js\n([\s\S]*?)```/g);
    assert.equal(others.length, 0);
    const file = `${folder}/.readme-${process.pid}.test.mjs`;
    await writeFile(file, block);
    try {
      const words = ["--test", "--test-reporter=tap", file];
      const options = { cwd: folder, env: ENVIRONMENT, timeout: LIMIT_MS };
      const { stdout } = await promisify(execFile)(process.execPath, words, options);
      assert.match(stdout, /^# pass 1\n# fail 0$/m, stdout);
    } finally {
      await rm(file);
    }
  });
}
