import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "spin-fetch/build";
import { guest, inspect, request } from "./harness.js";
import { startUpstream } from "./oracle/upstream.js";

let component;
let upstream;

before(async () => {
  const { entry, output } = await guest("app");
  await build({ entry, output });
  component = output;
  upstream = await startUpstream();
});
after(() => upstream?.close());

test("component: fetch uses the import, and no other import does HTTP", async () => {
  const imports = await inspect(component);
  assert.match(imports, /^ +fermyon:spin\/http$/m);
  assert.doesNotMatch(imports, /wasi:http|wasi:sockets/);
});

test("component: the stack of an exception is logged with the names of functions", async () => {
  const { head, body, stderr } = await request(component, "/throw");
  assert.match(head, /^HTTP\/1.1 500 /);
  assert.equal(body, "", "the client gets no detail");
  assert.match(stderr, /the handler failed: RangeError: what went wrong/);
  assert.match(stderr, /innermostFunction@app\.js:\d+:\d+/);
  assert.match(stderr, /middleFunction@app\.js/);
  assert.match(stderr, /caused by: Error: the cause/);
});

test("component: the source map maps the stack to the line of the source", async () => {
  const { stderr } = await request(component, "/throw");
  const [, line] = /innermostFunction@app\.js:(\d+)/.exec(stderr);
  const map = JSON.parse(await readFile(`${component}.map`, "utf8"));
  const source = map.sources.findIndex((path) => path.endsWith("app.ts"));
  const position = positionOf(map, Number(line));
  assert.equal(position.source, source);
  const text = map.sourcesContent[source].split("\n")[position.line];
  assert.match(text, /throw new RangeError/);
});

test("component: a promise that never settles is a failure of the guest that the host reports", async () => {
  const { code, stderr } = await request(component, "/never");
  assert.equal(code, 1);
  assert.match(stderr, /error: guest `app`/);
});

test("component: an exception in a timer ends the instance, and is logged", async () => {
  const { code, stderr } = await request(component, "/timer");
  assert.equal(code, 1);
  assert.match(stderr, /what went wrong/);
});

test("component: a result that is not a Response is logged, and the response is a 500", async () => {
  for (const [path, message] of [
    ["/nothing", /the handler returned undefined; return a Response/],
    ["/text", /the handler returned string/],
  ]) {
    const { head, stderr } = await request(component, path);
    assert.match(head, /^HTTP\/1.1 500 /);
    assert.match(stderr, message);
  }
});

test("component: the response waits for waitUntil", async () => {
  const { body, stderr, head } = await request(component, "/wait");
  assert.match(head, /^HTTP\/1.1 200 /);
  assert.equal(body, "responded");
  assert.match(`${stderr}${body}${head}`, /waited/);
});

test("component: handlers have the environment, and fetch at the top level is an error", async () => {
  const { body } = await request(component, "/environment", ["--env", "A=1"]);
  const { A, environmentWhileBuilt, fetchedWhileBuilt } = JSON.parse(body);
  assert.equal(A, "1");
  assert.equal(environmentWhileBuilt, "{}");
  assert.match(fetchedWhileBuilt, /still being built; call fetch in a handler/);
});

for (const [host, words, isReturning] of [
  ["a host that follows redirects", [], false],
  [
    "a host that returns redirects",
    ["--max-redirects", "0", "--env", "SPIN_FETCH_REDIRECTS=returned"],
    true,
  ],
]) {
  test(`component: in ${host}, fetch behaves like Node's own, except for the listed differences`, async (context) => {
    const script = fileURLToPath(new URL("oracle/node.js", import.meta.url));
    const node = await promisify(execFile)(process.execPath, [script, upstream.base], {
      timeout: 60_000,
    });
    const { host, port } = new URL(upstream.base);
    const hosts = ["--allow-http-host", host, "--allow-http-host", `localhost:${port}`];
    const options = ["--env", `UPSTREAM=${upstream.base}`, ...hosts, ...words];
    const { body, stderr } = await request(component, "/oracle", options);
    const expected = JSON.parse(node.stdout);
    const got = JSON.parse(body || "{}");
    const path = new URL("oracle/differences.json", import.meta.url);
    const differences = JSON.parse(await readFile(path, "utf8"));
    assert.deepEqual(Object.keys(got), Object.keys(expected), stderr);
    for (const [name, want] of Object.entries(expected)) {
      await context.test(name, () => {
        const difference = differences[name];
        if (!difference || (difference.unlessReturned && isReturning)) {
          return assert.deepEqual(withoutPort(got[name]), withoutPort(want));
        }
        assert.deepEqual(withoutPort(want), difference.node, "what Node does is as listed");
        assert.deepEqual(withoutPort(got[name]), difference.guest, "the guest's is as listed");
        assert.notDeepEqual(difference.node, difference.guest);
        assert(difference.why);
      });
    }
    const unknown = Object.keys(differences).filter((name) => !(name in expected));
    assert.deepEqual(unknown, []);
  });
}

/** `rawHeaders` are compared only in the cases about them. */
function withoutPort(value) {
  const text = JSON.stringify(value, (key, value) => (key === "rawHeaders" ? undefined : value));
  return JSON.parse(text.replaceAll(upstream.base, "BASE"));
}

/** The first position of a source in a line of the generated file, by the map's own encoding. */
function positionOf(map, line) {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  let [source, sourceLine] = [0, 0];
  for (const [index, mappings] of map.mappings.split(";").entries()) {
    for (const [position, segment] of mappings.split(",").entries()) {
      const values = [];
      let [value, shift] = [0, 0];
      for (const character of segment) {
        const digit = digits.indexOf(character);
        value += (digit & 31) << shift;
        shift += 5;
        if (digit & 32) continue;
        values.push(value & 1 ? -(value >> 1) : value >> 1);
        [value, shift] = [0, 0];
      }
      source += values[1] ?? 0;
      sourceLine += values[2] ?? 0;
      if (index === line - 1 && position === 0) return { source, line: sourceLine };
    }
  }
  throw new Error(`the map has no line ${line}`);
}
