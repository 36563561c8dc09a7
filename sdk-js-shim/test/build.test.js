import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bundle } from "../dist/build/bundle.js";
import { warningsIn } from "../dist/build/diagnosis.js";
import { refuseNodeGlobals, warnOfIntl, withoutMarks } from "../dist/build/missing-globals.js";
import { expandUnicodeProperties } from "../dist/build/regexp.js";
import { SourceMap } from "../dist/build/source-map.js";

/** Bundles a program in a folder of its own, with other files. Returns the bundle and its map. */
async function bundled(program, files = {}) {
  const folder = await mkdtemp(join(tmpdir(), "spin-fetch-"));
  try {
    const entry = join(folder, "app.js");
    for (const [path, text] of Object.entries({ ...files, "app.js": program })) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const { code, map, interfaces } = await bundle(entry);
    return { code, interfaces, map: new SourceMap(map, folder) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("native: a global of Node is an error, unless the program checks or defines it", async () => {
  for (const [program, expected] of [
    ["console.log(Buffer.from('a'));", /^app\.js:1:13: Buffer is a global of Node/],
    ["\nsetImmediate(() => {});", /^app\.js:2:1: setImmediate .*use setTimeout/],
    ["console.log(__dirname);", /^app\.js:1:13: __dirname/],
    ["if (typeof Buffer !== 'undefined') console.log(Buffer.from('a'));", undefined],
    [
      "import { a } from 'data:text/javascript,export const a = 1'; globalThis.Buffer = a; Buffer.x();",
      undefined,
    ],
    ["const Buffer = { from() {} }; Buffer.from('a');", undefined],
    ["console.log({ Buffer: 1 }.Buffer, 'Buffer');", undefined],
  ]) {
    const { code, map } = await bundled(program);
    if (expected) assert.throws(() => refuseNodeGlobals(code, map), { message: expected }, program);
    else refuseNodeGlobals(code, map);
    assert.doesNotMatch(withoutMarks(code), /spin_fetch_node/);
  }
});

test("native: Unicode properties in literals are expanded, and nothing else", () => {
  const code =
    "const a = /\\p{L}+/u; const b = /[\\p{Lu}--[A-Z]]/v;\nconst c = '/\\\\p{L}/u', d = /p{2}/;";
  const expanded = expandUnicodeProperties(code);
  assert.equal(expanded.split("\n")[1], code.split("\n")[1]);
  assert.doesNotMatch(expanded.split("\n")[0], /\\p/);
  const [a, b] = new Function(`${expanded.split("\n")[0]} return [a, b];`)();
  assert.deepEqual(
    [a.test("é"), a.test("1"), b.test("É"), b.test("E")],
    [true, false, true, false],
  );
});

test("native: URLPattern is bundled only if the program names it", async () => {
  const sizes = [];
  for (const program of ["console.log(1);", "console.log(new URLPattern());"]) {
    sizes.push((await bundled(program)).code.length);
  }
  assert(sizes[1] - sizes[0] > 10_000, sizes.join());
});

test("native: the map shows where a line of the bundle comes from", async () => {
  const { code, map } = await bundled(
    "\n\nexport function found() {\n  return 'needle';\n}\nexport default { fetch: found };",
  );
  const line = code.split("\n").findIndex((line) => line.includes("needle")) + 1;
  assert.equal(map.translate(`found@app.js:${line}:3`), "found@app.js:4:3");
  assert(map.sources.includes("spin-fetch/src/handler.ts"), map.sources.join());
});

const OF_EVERY_PROGRAM = ["fermyon:spin/http", "wasi:cli/environment@0.2.0"];
const VARIABLES = "fermyon:spin/variables@2.0.0";

test("native: a program imports the variables of the host only if it uses them", async () => {
  const wrong = [];
  for (const [program, isUsed] of [
    ["export default { fetch() {} };", false],
    ["import { fetch } from 'spin-fetch'; fetch('/');", false],
    ["import { variables } from 'spin-fetch';", false],
    ["import { VariableError } from 'spin-fetch'; console.log(VariableError);", false],
    ["import * as sdk from 'spin-fetch'; sdk.fetch('/');", false],
    ["export { fetch } from 'spin-fetch';", false],
    ["import { variables } from 'spin-fetch'; variables.get('a');", true],
    ["import { variables } from 'spin-fetch'; export const { get } = variables;", true],
    ["import * as sdk from 'spin-fetch'; sdk.variables.get('a');", true],
    ["import * as sdk from 'spin-fetch'; console.log(sdk);", true],
    ["const { variables } = await import('spin-fetch'); variables.get('a');", true],
    ["import 'reads'; export default { fetch() {} };", true],
    ["import { get } from 'fermyon:spin/variables@2.0.0'; get('a');", true],
    ["import * as host from 'fermyon:spin/variables@2.0.0'; host.get('a');", true],
  ]) {
    const reads =
      "import { variables } from 'spin-fetch'; globalThis.a = () => variables.get('a');";
    const { interfaces } = await bundled(program, { "node_modules/reads/index.js": reads });
    const want = isUsed ? [...OF_EVERY_PROGRAM, VARIABLES] : OF_EVERY_PROGRAM;
    if (interfaces.sort().join() !== want.sort().join()) wrong.push([program, interfaces]);
  }
  assert.deepEqual(wrong, []);
});

test("native: an interface that no component has is an error that names the file", async () => {
  const files = { "node_modules/queue/index.js": "export * from 'fermyon:spin/redis';" };
  for (const [program, message] of [
    [
      "import { publish } from 'fermyon:spin/redis'; publish();",
      /^app\.js: the interface fermyon:spin\/redis is not/,
    ],
    [
      "import { publish } from 'queue'; publish();",
      /^node_modules\/queue\/index\.js: the interface fermyon:spin\/redis/,
    ],
    ["import * as http from 'wasi:http/types@0.2.0'; http.x();", /wasi:http\/types@0\.2\.0 is not/],
    ["import { get } from 'spin:variables/variables@3.0.0'; get();", /spin:variables.*can import/],
  ]) {
    await assert.rejects(bundled(program, files), { message }, program);
  }
});

test("native: warnings about packages are shown only if they matter there too", async () => {
  const files = { "node_modules/ids/index.js": "\nexport const id = Math.random();" };
  const program =
    "import { id } from 'ids';\nexport default { fetch: () => id, own: Math.random() };";
  const { code, map } = await bundled(program, files);
  const place = (text) => {
    const lines = code.split("\n");
    const row = lines.findIndex((line) => line.includes(text));
    return `@app.js:${row + 1}:${lines[row].indexOf("Math.random") + 1}\n`;
  };
  const warning = (scope, stack) =>
    `spin-fetch-warning:${JSON.stringify({ text: "is frozen", scope, stack })}\n`;
  const [inPackage, inProgram] = [place("id = Math.random"), place("own: Math.random")];
  const log = `${warning("packages too", inPackage)}${warning("program", inPackage)}other\n`;
  const got = warningsIn(`${log}${warning("program", inProgram).repeat(2)}`, map);
  assert.deepEqual(
    got.map((text) => text.split("\n")[0]),
    ["node_modules/ids/index.js:2:19: is frozen", "app.js:2:40: is frozen"],
  );
});

test("native: a file of the program that needs Intl is a warning, unless it checks or imports a polyfill", async () => {
  const files = { "node_modules/formats/index.js": "export const f = () => new Intl.Collator();" };
  const use = "console.log(new Intl.NumberFormat('de').format(1));";
  const polyfill = fileURLToPath(
    import.meta.resolve("@formatjs/intl-getcanonicallocales/polyfill.js"),
  );
  const wrong = [];
  for (const [program, expected] of [
    [use, "app.js:1:17: a component has no Intl"],
    [`\nif (true) ${use}\nIntl.getCanonicalLocales();`, "app.js:2:27: a component has no Intl"],
    [`if (typeof Intl !== "undefined") ${use}`, undefined],
    ["const Intl = {}; console.log(Intl);", undefined],
    ["globalThis.Intl = {}; console.log(Intl);", undefined],
    ["import { f } from 'formats'; export default { fetch: f };", undefined],
    [`import ${JSON.stringify(polyfill)}; ${use}`, undefined],
  ]) {
    const { code, map } = await bundled(program, files);
    refuseNodeGlobals(code, map);
    const [got, ...others] = warnOfIntl(code, map);
    if (got?.split(";")[0] !== expected || others.length > 0) wrong.push([program, got, others]);
  }
  assert.deepEqual(wrong, []);
});

test("native: a source whose path is not ASCII is shown as it is written", async () => {
  const files = { "l\u00edb 100%/\u65e5.js": "export const found = () => 'needle';" };
  const program =
    "import { found } from './l\u00edb 100%/\u65e5.js';\nexport default { fetch: found };";
  const { code, map } = await bundled(program, files);
  const line = code.split("\n").findIndex((line) => line.includes("needle")) + 1;
  assert.equal(map.translate(`app.js:${line}:1`), "l\u00edb 100%/\u65e5.js:1:8");
});
