// The examples of the documentation compile and run, and the README states the size of the module.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import * as exported from "outbound-policy";

const PACKAGE = new URL("../", import.meta.url);
const LIMIT_MS = 120_000;
const MANIFEST = `spin_manifest_version = 2
[application]
name = "shop"
[variables]
region = { default = "eu" }
[[trigger.http]]
route = "/..."
component = "front"
[component.front]
source = "front.wasm"
allowed_outbound_hosts = ["https://{{ region }}.api.test"]
`;
const execute = promisify(execFile);
let folder;

// Within the package, `outbound-policy` is this package.
before(async () => {
  folder = await mkdtemp(fileURLToPath(new URL(".example-", PACKAGE)));
  await writeFile(`${folder}/spin.toml`, MANIFEST);
});
after(() => rm(folder, { recursive: true }));

/** Compiles a program with the types of the package, runs it, and returns its output. */
async function run(program) {
  const file = `${folder}/example.mjs`;
  await writeFile(file, program);
  const options = { cwd: folder, timeout: LIMIT_MS };
  const tsc = fileURLToPath(new URL("node_modules/typescript/bin/tsc", PACKAGE));
  const words = [
    "--ignoreConfig",
    "--noEmit",
    "--checkJs",
    "--module",
    "nodenext",
    "--types",
    "node",
  ];
  await execute(process.execPath, [tsc, ...words, file], options).catch((error) => {
    throw new Error(`${program}\n${error.stdout}`);
  });
  const { stdout } = await execute(process.execPath, [file], options);
  return stdout;
}

test("everything that is exported has an example, and every example compiles and runs", async () => {
  const sources = (await readdir(new URL("ts/", PACKAGE))).filter((name) => name.endsWith(".ts"));
  const texts = await Promise.all(
    sources.map((name) => readFile(new URL(`ts/${name}`, PACKAGE), "utf8")),
  );
  const text = texts.join("\n");
  for (const name of Object.keys(exported)) {
    const declaration = new RegExp(
      `@example(?:(?!\\*/)[\\s\\S])*\\*/\\s*export (?:class|function) ${name}\\b`,
    );
    assert.match(text, declaration, name);
  }
  for (const [, block] of text.matchAll(/@example\s*\n\s*\* ```js\n([\s\S]*?)\s*\* ```/g)) {
    await run(block.replace(/^\s*\* ?/gm, ""));
  }
});

test("the programs in the README compile, and print what it says", async () => {
  const readme = await readFile(new URL("README.md", PACKAGE), "utf8");
  const blocks = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, block]) => block);
  assert.equal(blocks.length, 2);
  for (const block of blocks) {
    const printed = (await run(block)).trimEnd().split("\n");
    const said = [...block.matchAll(/^ *\/\/ (.*)$/gm)].map(([, line]) => line);
    assert.equal(printed.length, said.length, printed.join("\n"));
    for (const [index, line] of said.entries()) {
      const [begin, cut] = line.split(" …");
      if (cut === undefined) assert.equal(printed[index], begin);
      else assert(printed[index].startsWith(begin), printed[index]);
    }
  }
});

test("the README has every name that is exported", async () => {
  const readme = await readFile(new URL("README.md", PACKAGE), "utf8");
  const missing = Object.keys(exported).filter((name) => !new RegExp(`\\b${name}\\b`).test(readme));
  assert.deepEqual(missing, []);
});

test("the module is as small as the README says", async () => {
  const readme = await readFile(new URL("README.md", PACKAGE), "utf8");
  const [, raw, gzip] = /module has (\d+) kB, and (\d+) kB with gzip/.exec(readme);
  const module = await readFile(new URL("dist/wasm/outbound_policy_bg.wasm", PACKAGE));
  const sizes = [module, gzipSync(module, { level: 9 })].map(({ length }) => length / 1000);
  // Another release of Node has another zlib, and a small change of the policy need not change the README.
  for (const [size, stated] of [
    [sizes[0], Number(raw)],
    [sizes[1], Number(gzip)],
  ]) {
    assert(Math.abs(size / stated - 1) < 0.05, `${size} kB, and the README says ${stated} kB`);
  }
});
