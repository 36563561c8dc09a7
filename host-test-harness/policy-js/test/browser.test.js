// The package in a browser: its files as they are, and bundled. The tables hold there, too.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { NAMES } from "./tables.js";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const LIMIT_MS = 120_000;
const ROOT = new URL("../../", import.meta.url);
const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};
/** What the README says that a page needs. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
/** Runs every table with the package, whose path is the placeholder, and shows the result to the test. */
const PROGRAM = `import * as policy from "PACKAGE";
import { NAMES, run } from "/policy-js/test/tables.js";

const results = [];
for (const name of NAMES) {
  const table = await (await fetch(\`/conformance/policy/\${name}.json\`)).json();
  results.push({ name, ...run(name, table, policy) });
}
globalThis.results = results;
`;

const isMissing = !existsSync(CHROMIUM);
if (isMissing && process.env.CI === "true") {
  throw new Error(
    `there is no Chromium at ${CHROMIUM}; install it, or name it in the variable CHROMIUM`,
  );
}
const skip =
  isMissing && `there is no Chromium at ${CHROMIUM}; the variable CHROMIUM can name another`;
const options = { skip, timeout: LIMIT_MS };

let folder;
let server;
let origin;
let browser;

/** Serves the folder `host-test-harness`. */
async function respond(request, response) {
  const path = new URL(request.url, origin).pathname.slice(1);
  const body = await readFile(new URL(path, ROOT)).catch(() => undefined);
  response.setHeader("content-security-policy", POLICY);
  if (body === undefined) response.writeHead(404);
  else response.setHeader("content-type", TYPES[extname(path)] ?? "text/plain");
  response.end(body);
}

before(
  async () => {
    if (isMissing) return;
    folder = await mkdtemp(fileURLToPath(new URL("../.example-", import.meta.url)));
    server = createServer(respond);
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${server.address().port}`;
    // In a container the browser's own sandbox cannot start.
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  },
  { timeout: LIMIT_MS },
);

after(async () => {
  await browser?.close();
  server?.close();
  if (folder) await rm(folder, { recursive: true });
});

/** Opens a page with the program of that name in the folder, and checks what it found. */
async function check(program) {
  const base = `${origin}/policy-js/${folder.split("/").at(-1)}`;
  await writeFile(
    `${folder}/page.html`,
    `<!doctype html><script type="module" src="${program}"></script>`,
  );
  const page = await browser.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => problems.push(message.text()));
  await page.goto(`${base}/page.html`);
  const found = page.waitForFunction(() => globalThis.results, undefined, { timeout: 30_000 });
  const results = await found.then(
    (handle) => handle.jsonValue(),
    (error) => assert.fail(`${error.message}\n${problems.join("\n")}`),
  );
  await page.close();
  assert.deepEqual(
    results.map(({ name }) => name),
    NAMES,
  );
  for (const { name, count, failures } of results) {
    assert(count > 0, name);
    assert.deepEqual(failures, [], failures.join("\n"));
  }
}

test("every row of the tables holds in a browser, without a bundler", options, async () => {
  await writeFile(`${folder}/program.js`, PROGRAM.replace("PACKAGE", "/policy-js/dist/browser.js"));
  await check("program.js");
});

test("every row of the tables holds in a browser, bundled by esbuild", options, async () => {
  await writeFile(`${folder}/bundle-me.js`, PROGRAM.replace("PACKAGE", "outbound-policy"));
  await build({
    entryPoints: [`${folder}/bundle-me.js`],
    outfile: `${folder}/bundle.js`,
    external: ["/policy-js/test/tables.js"],
    bundle: true,
    format: "esm",
    logLevel: "error",
  });
  const module = import.meta.resolve("outbound-policy/outbound_policy_bg.wasm");
  await cp(new URL(module), `${folder}/wasm/outbound_policy_bg.wasm`);
  await check("bundle.js");
});
