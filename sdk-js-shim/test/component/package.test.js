// The package as users install it: packed, installed in a new folder, and used through its command.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { request } from "./harness.js";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
const LIMIT_MS = 300_000;
const execute = promisify(execFile);
const APP = `import { headerList, SpinHttpError, VariableError, type VariableErrorCode, variables } from "spin-fetch";

const names: string[] = headerList(new Headers({ a: "1" })).map(([name]) => name);

function token(): string {
  try {
    return variables.get("token");
  } catch (error) {
    const code: VariableErrorCode = error instanceof VariableError ? error.code : "other";
    return \`no token: \${code}\`;
  }
}

export default {
  async fetch(request: Request): Promise<Response> {
    const error: unknown = await fetch("http://denied.test/").catch((error: Error) => error.cause);
    const code = error instanceof SpinHttpError ? error.code : "none";
    return new Response(\`\${names} \${new URL(request.url).pathname} \${code} \${token()}\`);
  },
};
`;
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "spin-fetch-"));
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
  const { stdout } = await execute("npm", pack, { cwd: PACKAGE, timeout: LIMIT_MS });
  const tarball = join(folder, stdout.trim());
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const install = ["install", "--silent", "--no-audit", "--no-fund", tarball];
  await execute("npm", install, { cwd: folder, timeout: LIMIT_MS });
});
after(() => folder && rm(folder, { recursive: true }));

/** Runs the command of the installed package; never fails. */
async function spinFetch(...words) {
  const options = { cwd: folder, timeout: LIMIT_MS };
  const run = execute("npx", ["--no-install", "spin-fetch", ...words], options);
  const { stdout, stderr, code } = await run.catch((error) => error);
  return { stdout, stderr, code: code ?? 0 };
}

test("component: the packed package builds a program in a fresh folder", async () => {
  await writeFile(join(folder, "app.ts"), APP);
  const { stdout, stderr, code } = await spinFetch("build", "app.ts", "-o", "out/app.wasm");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^out\/app\.wasm: \d+\.\d MB, built in \d+\.\d s\n$/);
  assert((await stat(join(folder, "out/app.wasm.map"))).size > 1000);
  const { body, stderr: log } = await request(join(folder, "out/app.wasm"), "/x");
  assert.equal(body, "a /x destination-not-allowed no token: undefined", log);
});

test("the package has the compiled code, the WIT and the README, and is small", async () => {
  const pack = ["pack", "--silent", "--ignore-scripts", "--dry-run", "--json"];
  const { stdout } = await execute("npm", pack, { cwd: PACKAGE, timeout: LIMIT_MS });
  const [{ files, size }] = JSON.parse(stdout);
  const paths = files.map(({ path }) => path);
  for (const path of [
    "README.md",
    "dist/index.js",
    "dist/index.d.ts",
    "dist/wit/worlds.wit",
    "dist/LICENSE",
  ]) {
    assert(paths.includes(path), path);
  }
  const others = paths.filter((path) => !/^(dist\/|README\.md$|package\.json$)/.test(path));
  assert.deepEqual(others, []);
  assert(size < 250_000, `${size} bytes`);
});

test("the types of the packed package fit a strict program", async () => {
  const options = {
    compilerOptions: {
      strict: true,
      noEmit: true,
      target: "ES2022",
      module: "NodeNext",
      lib: ["ES2023", "DOM", "DOM.Iterable"],
      types: [],
    },
    include: ["app.ts"],
  };
  await writeFile(join(folder, "app.ts"), APP);
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(options));
  const tsc = join(PACKAGE, "node_modules/typescript/bin/tsc");
  const run = execute(process.execPath, [tsc, "-p", folder], { timeout: LIMIT_MS });
  const { stdout } = await run.catch((error) => error);
  assert.equal(stdout, "");
});

test("wrong usage is an error message with exit code 2", async () => {
  for (const [words, message] of [
    [[], /missing command: `spin-fetch build <ENTRY> -o <OUTPUT>`/],
    [["make"], /unknown command `make`/],
    [["build"], /expected one <ENTRY>/],
    [["build", "a.js", "b.js", "-o", "x"], /expected one <ENTRY>/],
    [["build", "a.js"], /missing -o <OUTPUT>/],
    [["build", "a.js", "--bogus"], /--bogus/],
  ]) {
    const { stdout, stderr, code } = await spinFetch(...words);
    assert.deepEqual([stdout, code], ["", 2], words.join(" "));
    assert.match(stderr, message);
  }
  const help = await spinFetch("--help");
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^Build a Spin component[\s\S]*Examples:/);
});

test("a failed build reports the place, with exit code 1", async () => {
  for (const [program, message] of [
    ["export default {", /bad\.js:1:16/],
    ['import "./missing.js";', /Could not resolve "\.\/missing\.js"/],
    ['import fs from "node:fs"; export default { fetch: fs };', /no Node modules/],
    ['throw new Error("at the top");', /at the top/],
    ["export const answer = 42;", /the app has no handler: write `export default/],
  ]) {
    await writeFile(join(folder, "bad.js"), program);
    const { stdout, stderr, code } = await spinFetch("build", "bad.js", "-o", "bad.wasm");
    assert.deepEqual([stdout, code], ["", 1], program);
    assert.match(stderr, message);
    await assert.rejects(stat(join(folder, "bad.wasm")), "nothing is written");
  }
});

test("component: --watch rebuilds after a change, and continues after an error", async () => {
  const app = join(folder, "watched.js");
  const program = (text) => `export default { fetch: () => new Response("${text}") };`;
  await writeFile(app, program("first"));
  const command = join(folder, "node_modules/spin-fetch/dist/build/cli.js");
  const words = [command, "build", app, "-o", join(folder, "watched.wasm"), "--watch"];
  const watch = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
  try {
    const built = createInterface({ input: watch.stdout })[Symbol.asyncIterator]();
    const said = createInterface({ input: watch.stderr })[Symbol.asyncIterator]();
    assert.match((await within(said.next(), "it says that it builds")).value, /building/);
    assert.match((await within(built.next(), "the first build")).value, /built in/);
    await writeFile(app, "export default {");
    assert.match((await within(said.next(), "the error")).value, /error:/);
    await writeFile(app, program("second"));
    assert.match((await within(built.next(), "the second build")).value, /built in/);
    const component = await readFile(join(folder, "watched.wasm"));
    assert(component.includes("second"));
  } finally {
    watch.kill();
    await once(watch, "exit");
  }
});

/** Waits for a promise with a timeout. The failure names what it waited for. */
function within(promise, what) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${LIMIT_MS} ms for: ${what}`)), LIMIT_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
