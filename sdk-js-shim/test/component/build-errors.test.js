// Programs that cannot be built: each message names the file and line, and what to do.

import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "spin-fetch/build";

const HANDLER = "export default { fetch() { return new Response() } };";

const PROGRAMS = [
  [
    "function f() {\n  throw new Error('wrong', { cause: new TypeError('deeper') });\n}\nf();",
    /^app\.ts:2:9: Error: wrong\n.*throw new Error/,
    /at f \(app\.ts:2:9\)/,
    /caused by: app\.ts:2:\d+: deeper/,
  ],
  [
    "fetch('http://a.test/').then((r) => r.json());",
    /^app\.ts:1:1: GET http:\/\/a\.test\/: the component is still being built; call fetch in a handler/,
  ],
  [
    "(async () => {\n  await 1;\n  throw new RangeError('late');\n})();",
    /^app\.ts:3:9: late\n/,
    /Nothing handles this promise/,
  ],
  [
    "const id: string = crypto.randomUUID();",
    /^app\.ts:1:\d+: Error: crypto\.randomUUID\(\) cannot be called while the component is built/,
  ],
  [
    "crypto.getRandomValues(new Uint8Array(1));",
    /^app\.ts:1:\d+: Error: crypto\.getRandomValues\(\) cannot/,
  ],
  [
    "await crypto.subtle.importKey('raw', new Uint8Array(9), { name: 'ECDSA' }, false, []);",
    /^app\.ts:1:\d+: Error: crypto\.subtle\.importKey\(\) with ECDSA cannot be called while/,
  ],
  [
    "import { variables } from 'spin-fetch';\nconst token = variables.get('token');",
    /^app\.ts:2:\d+: VariableError: variables\.get\("token"\) is called while .*; call it in a handler/,
  ],
  [
    "import { publish } from 'fermyon:spin/redis';\npublish('a');",
    /^app\.ts: the interface fermyon:spin\/redis is not supported; .*fermyon:spin\/http/,
  ],
  [
    "setTimeout(() => {}, 1);",
    /^app\.ts:1:1: TypeError: setTimeout can only be used during request handling/,
  ],
  [
    "await new Promise(() => {});",
    /^the top level of the program awaits a promise that nothing settles/,
  ],
  [
    "new RegExp('\\\\p{L}', 'u');",
    /^app\.ts:1:1: SyntaxError: invalid property name/,
    /use a literal/,
  ],
  [
    "const bytes = Buffer.from('a');",
    /^app\.ts:1:15: Buffer is a global of Node, .*use Uint8Array.*--unenv/,
  ],
  ["import { readFile } from 'node:fs';\nreadFile('a');", /app\.ts:1:25/, /build with --unenv/],
  ["const x: = 5;", /app\.ts:1:9/],
  ["export const answer = 42;", /^TypeError: the app has no handler/],
];

test("component: a program that cannot be built gets a message with its file and line", async () => {
  const folder = await mkdtemp(join(tmpdir(), "spin-fetch-"));
  const [entry, output] = [join(folder, "app.ts"), join(folder, "app.wasm")];
  const wrong = [];
  try {
    for (const [program, ...patterns] of PROGRAMS) {
      const hasHandler = program.startsWith("export");
      await writeFile(entry, hasHandler ? program : `${program}\n${HANDLER}`);
      const message = await build({ entry, output }).then(
        () => "it was built",
        (error) => error.message,
      );
      const hasTrace = /wasm backtrace|app\.js/.test(message);
      if (hasTrace || patterns.some((pattern) => !pattern.test(message)))
        wrong.push([program, message]);
    }
    assert.deepEqual(wrong, []);
    await assert.rejects(stat(output), "nothing is written");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("an output that would overwrite the program, or is a folder, is refused before anything is written", async () => {
  const folder = await mkdtemp(join(tmpdir(), "spin-fetch-"));
  try {
    const entry = join(folder, "app.js");
    await writeFile(entry, `import "./lib.js";\n${HANDLER}`);
    await writeFile(join(folder, "lib.js"), "");
    await symlink("lib.js", join(folder, "link.wasm"));
    const before = await readdir(folder);
    for (const [output, message] of [
      ["app.js", /app\.js is a file of the program; pass another path/],
      ["lib.js", /lib\.js is a file of the program/],
      ["link.wasm", /link\.wasm is a file of the program/],
      [".", /is not the path of a file; pass one/],
    ]) {
      await assert.rejects(build({ entry, output: join(folder, output) }), message);
    }
    await assert.rejects(build({ entry: folder, output: join(folder, "a.wasm") }), /app|director/i);
    await assert.rejects(build({ entry: join(folder, "no.js"), output: "a" }), /Could not resolve/);
    assert.deepEqual(await readdir(folder), before);
  } finally {
    await rm(folder, { recursive: true });
  }
});
