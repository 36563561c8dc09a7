import assert from "node:assert/strict";
import { test } from "node:test";
import "spin-fetch";
import { describe } from "../dist/describe.js";
import { refuseToClone } from "../dist/structured-clone.js";

/** The first lines, without stacks. */
function messages(value) {
  return describe(value)
    .split("\n")
    .filter((line) => !/^\s+at /.test(line));
}

test("native: a value is shown by its text, or as JSON", () => {
  const cyclic = {};
  cyclic.self = cyclic;
  for (const [value, expected] of [
    [{ status: 404 }, '{"status":404}'],
    [[1, 2], "1,2"],
    [cyclic, "[object Object]"],
    [Object.create(null), "{}"],
    [{ toString: () => "own" }, "own"],
    [Symbol("s"), "Symbol(s)"],
    [undefined, "undefined"],
    [5n, "5"],
    [Object.assign(Object.create(null), { big: 5n }), "[object Object]"],
    [
      new Proxy({}, { get: () => assert.fail(), getPrototypeOf: () => assert.fail() }),
      "an object that cannot be shown",
    ],
  ]) {
    assert.equal(describe(value), expected);
  }
});

test("native: an error is shown with its causes, each once", () => {
  const inner = new RangeError("inner");
  assert.deepEqual(messages(new Error("outer", { cause: inner })), [
    "Error: outer",
    "caused by: RangeError: inner",
  ]);
  const same = new TypeError("the same", { cause: new Error("the same", { cause: inner }) });
  assert.deepEqual(messages(same), ["TypeError: the same", "caused by: RangeError: inner"]);
  const payload = new Error("host", { cause: { payload: "runtime-error" } });
  assert.deepEqual(messages(payload), ["Error: host", 'caused by: {"payload":"runtime-error"}']);
});

test("native: an error that contains itself ends", () => {
  const error = new AggregateError([new Error("part")], "whole");
  error.errors.push(error);
  error.cause = error;
  assert.deepEqual(messages(error), ["AggregateError: whole", "[0] Error: part"]);
});

test("native: an error whose properties throw is shown", () => {
  const error = new Error("hidden");
  for (const name of ["stack", "message", "cause"]) {
    Object.defineProperty(error, name, { get: () => assert.fail() });
  }
  assert.equal(describe(error), "{}");
  assert.equal(describe(Object.assign(new Error("number"), { stack: 5 })), "Error: number");
});

test("native: the classes of the package cannot be cloned, at any depth", () => {
  refuseToClone();
  for (const value of [
    new Response("a"),
    { list: [new Map([["a", new Headers()]])] },
    new Set([new Request("http://a.test/")]),
  ]) {
    assert.throws(() => structuredClone(value), { name: "DataCloneError" });
  }
  const value = { map: new Map([[1, { a: [2] }]]) };
  assert.deepEqual(structuredClone(value), value);
});
