import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bundle } from "../dist/build/bundle.js";
import { refuseNodeGlobals, withoutMarks } from "../dist/build/node-globals.js";
import { expandUnicodeProperties } from "../dist/build/regexp.js";
import { SourceMap } from "../dist/build/source-map.js";

/** Bundles a program in a folder of its own. Returns the bundle and its map. */
async function bundled(program) {
  const folder = await mkdtemp(join(tmpdir(), "spin-fetch-"));
  try {
    const entry = join(folder, "app.js");
    await writeFile(entry, program);
    const { code, map } = await bundle(entry);
    return { code, map: new SourceMap(map, folder) };
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
