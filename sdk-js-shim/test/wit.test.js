// Every case of the WIT is mapped, and the package contains an exact copy of the WIT.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { WIRE_ERRORS } from "../dist/error.js";
import { methodFromWire, methodToWire } from "../dist/method.js";
import { WIRE_VARIABLE_ERRORS } from "../dist/variables.js";
import { WIRE_METHODS } from "../dist/wire.js";

const WIT = new URL("../../wit/", import.meta.url);
const COPY = new URL("../dist/wit/", import.meta.url);
const types = await readFile(new URL("deps/fermyon-spin/http-types.wit", WIT), "utf8");
const ofVariables = await readFile(new URL("deps/fermyon-spin-2/variables.wit", WIT), "utf8");

/** The names in `enum`, `record` or `variant` NAME, in order. */
function namesIn(kind, name, types) {
  const block = new RegExp(`${kind} ${name} \\{([^}]*)\\}`).exec(types)?.[1];
  const lines = block.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line && !line.startsWith("//"))
    .map((line) => /^[a-z-]+/.exec(line)[0]);
}

test("every case of http-error is mapped", () => {
  assert.deepEqual(Object.keys(WIRE_ERRORS), namesIn("enum", "http-error", types));
});

test("every case of the errors of variables is mapped", () => {
  assert.deepEqual(WIRE_VARIABLE_ERRORS.sort(), namesIn("variant", "error", ofVariables).sort());
});

test("every method of the WIT survives the round trip", () => {
  assert.deepEqual(Object.values(WIRE_METHODS), namesIn("enum", "method", types));
  for (const method of namesIn("enum", "method", types)) {
    assert.equal(methodToWire(methodFromWire(method)), method);
  }
});

test("the records have the fields that are converted", () => {
  assert.deepEqual(namesIn("record", "request", types), [
    "method",
    "uri",
    "headers",
    "params",
    "body",
  ]);
  assert.deepEqual(namesIn("record", "response", types), ["status", "headers", "body"]);
});

test("the package contains an exact copy of the WIT", async () => {
  const paths = (await readdir(WIT, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(fileURLToPath(WIT), join(entry.parentPath ?? entry.path, entry.name)));
  assert(paths.length >= 4);
  for (const path of paths) {
    const [original, copy] = await Promise.all(
      [WIT, COPY].map((base) => readFile(new URL(path, base))),
    );
    assert.deepEqual(copy, original, path);
  }
});
