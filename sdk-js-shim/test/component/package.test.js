// The package as users install it: packed, installed in a new folder, and used through its command.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { request } from "./harness.js";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
const LIMIT_MS = 300_000;
const execute = promisify(execFile);
const APP = `import { twice } from "./lib/cyclic.js";
import { headerList, SpinHttpError, VariableError, type VariableErrorCode, variables } from "spin-fetch";

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
    if (request.url.endsWith("/throw")) return twice(request.url);
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

/** Modules that import each other. The folder has a space and a letter that is not ASCII. */
const FILES = {
  "src \u00e9/app.ts": APP,
  "src \u00e9/lib/cyclic.ts":
    'import { fail } from "./other.js";\nexport const name = "cyclic ";\nexport function twice(url: string): never {\n  return fail(url);\n}\n',
  "src \u00e9/lib/other.ts":
    'import { name } from "./cyclic.js";\nexport function fail(url: string): never {\n  throw new Error(name + url);\n}\n',
};

test("component: the packed package builds a program in a fresh folder", async () => {
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await symlink("src \u00e9/app.ts", join(folder, "linked.ts"));
  const { stdout, stderr, code } = await spinFetch("build", "linked.ts", "-o", "out/app.wasm");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^out\/app\.wasm: \d+\.\d MB, built in \d+\.\d s\n$/);
  const map = await readFile(join(folder, "out/app.wasm.map"), "utf8");
  assert(map.length > 1000);
  assert(!map.includes(folder), "the map has no path of this machine");
  const failed = await request(join(folder, "out/app.wasm"), "/throw");
  assert.match(failed.stderr, /the handler failed: Error: cyclic http:\S+\/throw\n/);
  assert.match(failed.stderr, /^fail@src \u00e9\/lib\/other\.ts:3$/m);
  assert.match(failed.stderr, /^twice@src \u00e9\/lib\/cyclic\.ts:4$/m);
  assert.match(failed.stderr, /^fetch@src \u00e9\/app\.ts:\d+$/m);
  assert.equal(failed.stderr.split("cyclic http:").length, 2, "once");
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
  assert(size < 340_000, `${size} bytes`);
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
  await writeFile(join(folder, "app.ts"), APP.replace("./lib/", "./src \u00e9/lib/"));
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
    [["build", "a.js", "-o", ""], /missing -o <OUTPUT>/],
    [["build", "", "-o", "x"], /expected one <ENTRY>/],
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
  await writeFile(app, "export default {");
  const command = join(folder, "node_modules/spin-fetch/dist/build/cli.js");
  const words = [command, "build", app, "-o", join(folder, "watched.wasm"), "--watch"];
  const watch = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
  try {
    const built = createInterface({ input: watch.stdout })[Symbol.asyncIterator]();
    const said = createInterface({ input: watch.stderr })[Symbol.asyncIterator]();
    assert.match((await within(said.next(), "it says that it builds")).value, /building/);
    assert.match((await within(said.next(), "the first error")).value, /error:/);
    await writeFile(app, program("first"));
    assert.match((await within(built.next(), "the first build")).value, /built in/);
    await writeFile(app, 'throw new Error("at the top");');
    await within(lineWith(said, "at the top"), "the second error");
    await writeFile(app, program("second"));
    assert.match((await within(built.next(), "the second build")).value, /built in/);
    const component = await readFile(join(folder, "watched.wasm"));
    assert(component.includes("second"));
  } finally {
    watch.kill();
    await once(watch, "exit");
  }
});

test("component: permissions without the optional package name it", async () => {
  const program = `import { MockAgent } from "spin-fetch/testing";
const agent = new MockAgent({ permissions: "spin.toml" });
console.log((await agent.run(() => {}).catch((error) => error)).message);
`;
  await writeFile(join(folder, "agent.mjs"), program);
  const options = { cwd: folder, timeout: LIMIT_MS };
  const { stdout } = await execute(process.execPath, ["agent.mjs"], options);
  assert.equal(
    stdout,
    "the option `permissions` of MockAgent needs the package outbound-policy, which is not installed; add it to the devDependencies\n",
  );
});

/** Reads lines until one contains the text. */
async function lineWith(lines, text) {
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    if (line.value.includes(text)) return line.value;
  }
  throw new Error(`no line contains ${text}`);
}

/** Waits for a promise with a timeout. The failure names what it waited for. */
function within(promise, what) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${LIMIT_MS} ms for: ${what}`)), LIMIT_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
