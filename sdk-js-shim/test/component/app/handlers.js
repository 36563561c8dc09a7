// Handlers, the log, and what the build freezes.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, test } from "node:test";
import { componentOf, inspect, request } from "../harness.js";

let component;
let warnings;

before(async () => {
  ({ component, warnings } = await componentOf("app"));
});

test("component: fetch uses the import, and no other import does HTTP", async () => {
  const imports = await inspect(component);
  assert.match(imports, /^ +fermyon:spin\/http$/m);
  assert.doesNotMatch(imports, /wasi:http|wasi:sockets/);
});

test("component: variables have the values of the host, and each error of the host has its code", async () => {
  assert.match(await inspect(component), /^ +fermyon:spin\/variables@2\.0\.0$/m);
  const names = ["token", "empty", "missing", "Token", "a-b", ""].map((name) => `name=${name}`);
  const options = { variables: { token: "s=é", empty: "" } };
  const { body, stderr } = await request(component, `/variables?${names.join("&")}`, options);
  const wrong = (code, variable) => ({ code, variable });
  const got = JSON.parse(body || "[]");
  assert.deepEqual(
    got.map((value) => (value.code ? wrong(value.code, value.variable) : value)),
    [
      "s=é",
      "",
      wrong("undefined", "missing"),
      wrong("invalid-name", "Token"),
      wrong("invalid-name", "a-b"),
      wrong("invalid-name", ""),
    ],
    stderr,
  );
  assert.match(
    got[2].message,
    /^variables\.get\("missing"\): .*`missing`.*; add it to \[variables\]/,
  );
  assert.match(got[3].message, /`Token`.*; a name has words of lower-case letters/);
});

test("component: the stack of an exception has the files and lines of the program", async () => {
  const { status, body, stderr } = await request(component, "/throw");
  assert.equal(status, 500);
  assert.equal(body, "", "the client gets no detail");
  const { throws, cause } = await linesOfApp();
  assert.match(stderr, /the handler failed: RangeError: what went wrong/);
  assert.match(
    stderr,
    new RegExp(`innermostFunction@test/component/guests/app\\.ts:${throws}$`, "m"),
  );
  assert.match(stderr, /middleFunction@test\/component\/guests\/app\.ts:\d+$/m);
  assert.match(
    stderr,
    new RegExp(
      `caused by: Error: the cause\ninnermostFunction@test/component/guests/app\\.ts:${cause}$`,
      "m",
    ),
  );
  assert.doesNotMatch(stderr, /app\.js|initializer/);
});

test("component: console shows errors with their stacks, and applies format specifiers", async () => {
  const { stdout, stderr } = await request(component, "/console");
  const { throws } = await linesOfApp();
  const shown = `RangeError: what went wrong\ninnermostFunction@test/component/guests/app\\.ts:${throws}\n`;
  assert.match(stderr, new RegExp(`^${shown}`, "m"), "console.error(error)");
  assert.match(stderr, new RegExp(`^it failed: ${shown}`, "m"), 'console.error("…", error)');
  assert.match(stdout, /^a is 5 of 100% {"b":1} and more$/m);
  assert.match(stderr, /^Trace: here/m);
});

/** The lines of `app.ts` that throw. */
async function linesOfApp() {
  const text = await readFile(new URL("../guests/app.ts", import.meta.url), "utf8");
  const lines = text.split("\n");
  const line = lines.findIndex((line) => line.includes("throw new RangeError")) + 1;
  return { throws: line, cause: line };
}

test("component: a promise that was rejected and that nothing handles is logged with its stack", async () => {
  const { body, stderr } = await request(component, "/unhandled");
  const { throws } = await linesOfApp();
  assert.equal(body, "responded");
  const logged = "a promise was rejected, and nothing handles it: ";
  const failed = `${logged}RangeError: what went wrong\ninnermostFunction@test/component/guests/app.ts:${throws}\n`;
  assert(stderr.includes(`${logged}only text\n`), stderr);
  assert(stderr.includes(failed), stderr);
  assert.equal(stderr.split(logged).length - 1, 2, "the promise that is handled is not logged");
});

test("component: unhandledrejection fires, and can prevent the log", async () => {
  const { stderr } = await request(component, "/prevented");
  assert.match(stderr, /the listener saw what went wrong/);
  assert.doesNotMatch(stderr, /nothing handles it/);
});

test("component: what the top level computed at random is the same in each instance, and nothing else", async () => {
  const random = async () => JSON.parse((await request(component, "/random")).body);
  const [first, second] = [await random(), await random()];
  assert.equal(first.atTopLevel, second.atTopLevel);
  for (const name of ["number", "captured", "uuid", "bytes", "origin"]) {
    assert.notEqual(first[name], second[name], name);
  }
});

test("component: the build warns of what the top level freezes", () => {
  const expected = [
    /^test\/component\/guests\/app\.ts:\d+:\d+: Math\.random\(\) is called/,
    /^test\/component\/guests\/app\.ts:\d+:\d+: process\.env\.TOKEN is read/,
  ];
  assert.equal(warnings.length, expected.length, warnings.join("\n"));
  for (const [index, pattern] of expected.entries()) assert.match(warnings[index], pattern);
});

test("component: a promise that never settles is a failure of the guest that the host reports", async () => {
  const { error } = await request(component, "/never");
  assert.match(error.message, /^guest `app`/);
});

test("component: an exception in a timer is logged, and the instance goes on", async () => {
  const { body, stderr } = await request(component, "/timer");
  assert.equal(body, "later");
  assert.match(
    stderr,
    /uncaught exception: RangeError: what went wrong\ninnermostFunction@test\/component\/guests\/app\.ts:\d+/,
  );
});

test("component: a result that is not a Response is logged, and the response is a 500", async () => {
  for (const [path, message] of [
    ["/nothing", /the handler returned undefined; return a Response/],
    ["/text", /the handler returned string/],
  ]) {
    const { status, stderr } = await request(component, path);
    assert.equal(status, 500);
    assert.match(stderr, message);
  }
});

test("component: the response waits for waitUntil", async () => {
  const { status, body, stdout } = await request(component, "/wait");
  assert.deepEqual([status, body], [200, "responded"]);
  assert.match(stdout, /waited/);
});

test("component: handlers have the environment, and fetch at the top level is an error", async () => {
  const { body } = await request(component, "/environment", { environment: { A: "1" } });
  const { A, ofProcess, environmentWhileBuilt, fetchedWhileBuilt } = JSON.parse(body);
  assert.deepEqual([A, ofProcess], ["1", "1"]);
  assert.equal(environmentWhileBuilt, "{}");
  assert.match(fetchedWhileBuilt, /still being built; call fetch in a handler/);
});
