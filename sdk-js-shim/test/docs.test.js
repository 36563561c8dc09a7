// Every exported name has an example in its documentation, and every example runs.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { transform } from "esbuild";

/** What begins a block that is a file. */
const FILE = /^\/\/ ((?:src|test)\/\S+)\n/;
const PACKAGE = new URL("../", import.meta.url);
/** The manifest of the program in the README. */
const MANIFEST = `spin_manifest_version = 2
application.name = "stock"
trigger.http = [{ route = "/...", component = "stock" }]
component.stock.source = "app.wasm"
component.stock.allowed_outbound_hosts = ["https://api.test"]
`;
const SOURCES = [
  "index",
  "error",
  "headers",
  "handler",
  "testing",
  "variables",
  "variable-error",
  "build/build",
];

async function examplesIn(path) {
  const text = await readFile(new URL(path, PACKAGE), "utf8");
  const blocks = [...text.matchAll(/@example\s*\n\s*\* ```js\n([\s\S]*?)\s*\* ```/g)];
  return blocks.map(([, block]) => block.replace(/^\s*\* ?/gm, ""));
}

/** Runs a program in a folder inside the package, where `spin-fetch` is this package. */
async function run(program) {
  const folder = await mkdtemp(fileURLToPath(new URL(".example-", PACKAGE)));
  try {
    await writeFile(`${folder}/example.mjs`, program);
    await promisify(execFile)(process.execPath, [`${folder}/example.mjs`], {
      cwd: folder,
      timeout: 120_000,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (const source of SOURCES) {
  test(`the examples in src/${source}.ts run`, async () => {
    const examples = await examplesIn(`src/${source}.ts`);
    assert(examples.length > 0, "it has an example");
    for (const example of examples) await run(example);
  });
}

test("everything that is exported has an example", async () => {
  const { exports } = JSON.parse(await readFile(new URL("package.json", PACKAGE), "utf8"));
  assert.equal(Object.keys(exports).length, 4);
  const sources = await Promise.all(
    SOURCES.map((source) => readFile(new URL(`src/${source}.ts`, PACKAGE), "utf8")),
  );
  const text = sources.join("\n");
  for (const name of [
    "spin-fetch",
    "spin-fetch/handler",
    "spin-fetch/testing",
    "spin-fetch/build",
  ]) {
    for (const exported of Object.keys(await import(name))) {
      // `serve` is for `spin-fetch build` and not part of the public API.
      if (exported === "serve") continue;
      const declaration = new RegExp(
        `@example(?:(?!\\*/)[\\s\\S])*\\*/\\s*export (?:async )?(?:class|const|function) ${exported}\\b`,
      );
      assert.match(text, declaration, `${name}: ${exported}`);
    }
  }
});

test("the programs in the README run", async () => {
  const readme = await readFile(new URL("README.md", PACKAGE), "utf8");
  const blocks = [...readme.matchAll(/```(js|ts)\n([\s\S]*?)```/g)];
  assert(blocks.length > 4, "it has programs");
  for (const [, loader, block] of blocks) {
    if (FILE.test(block)) continue;
    const { code } = await transform(block, { loader });
    // In a build, the handler module runs before the program.
    await run(`import "spin-fetch/handler";\n${code}`);
  }
});

test("the tests of a program in the README pass", async () => {
  const readme = await readFile(new URL("README.md", PACKAGE), "utf8");
  const files = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].filter(([, block]) =>
    FILE.test(block),
  );
  const folder = await mkdtemp(fileURLToPath(new URL(".example-", PACKAGE)));
  try {
    for (const [, block] of files) {
      const path = join(folder, FILE.exec(block)[1]);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, block);
    }
    await writeFile(join(folder, "spin.toml"), MANIFEST);
    // Within a test, Node would report to the outer one.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const options = { cwd: folder, env, timeout: 120_000 };
    const words = ["--test", "--test-reporter=tap"];
    const { stdout } = await promisify(execFile)(process.execPath, words, options).catch(
      (error) => error,
    );
    assert.match(stdout, /^# pass 3\n# fail 0$/m, stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("no folder of an example is left behind", async () => {
  const left = (await readdir(PACKAGE)).filter((name) => name.startsWith(".example-"));
  assert.deepEqual(left, []);
});
