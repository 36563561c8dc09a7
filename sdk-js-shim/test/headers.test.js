import assert from "node:assert/strict";
import { test } from "node:test";
import { headerList } from "spin-fetch";
import { freeze, headersFromWire, headersToWire } from "../dist/headers.js";
import { refuses } from "./support.js";

test("a missing argument is a TypeError that names the method, and changes nothing", () => {
  const headers = new Headers({ a: "1" });
  for (const [call, message] of [
    [() => headers.append("a"), /Headers\.append takes 2 arguments, and got 1/],
    [() => headers.set("a"), /Headers\.set takes 2 arguments, and got 1/],
    [() => headers.get(), /Headers\.get takes 1 argument, and got 0/],
    [() => headers.has(), /Headers\.has takes 1 argument, and got 0/],
    [() => headers.delete(), /Headers\.delete takes 1 argument, and got 0/],
  ]) {
    assert.throws(call, (error) => error instanceof TypeError && message.test(error.message));
  }
  assert.deepEqual([...headers], [["a", "1"]]);
});

test("every form of init gives the same headers", () => {
  const wanted = [
    ["a", "1"],
    ["b", "2"],
  ];
  const generator = function* () {
    yield ["b", "2"];
    yield new Set(["a", "1"]);
  };
  for (const init of [
    { b: "2", a: 1 },
    [
      ["a", "1"],
      ["b", 2],
    ],
    new Map([
      ["b", "2"],
      ["a", "1"],
    ]),
    new Headers({ A: "1", B: "2" }),
    generator(),
    Object.assign(Object.create({ inherited: "x" }), { a: "1", b: "2" }),
  ]) {
    assert.deepEqual([...new Headers(init)], wanted);
  }
  assert.deepEqual([...new Headers()], []);
  assert.deepEqual([...new Headers(undefined)], []);
});

test("an invalid init is an error", () => {
  for (const init of [
    null,
    1,
    "a: 1",
    true,
    Symbol("a"),
    [["a"]],
    [["a", "1", "2"]],
    ["ab"],
    [1],
  ]) {
    refuses("invalid-header", () => new Headers(init), String(init?.toString()));
  }
  refuses("invalid-header", () => new Headers({ [Symbol("a")]: "1" }));
  assert.throws(() => Headers(), TypeError);
});

test("every method rejects a name or value that could split a request", () => {
  const badNames = ["", " ", "a b", "a:", "a\r\nb", "a\0", "é", "日", "a\t", "(", "a/b", "a\n"];
  for (const name of badNames) {
    const headers = new Headers();
    for (const method of ["append", "set", "get", "has", "delete"]) {
      refuses("invalid-header", () => headers[method](name, "1"), `${method} ${name}`);
    }
    refuses("invalid-header", () => new Headers([[name, "1"]]), name);
  }
  for (const value of ["1\r\nx: 2", "1\n2", "1\r2", "1\0", "\0", "日本", "\ud800", "1\r\n 2"]) {
    const headers = new Headers({ a: "before" });
    for (const method of ["append", "set"]) {
      refuses("invalid-header", () => headers[method]("a", value), JSON.stringify(value));
    }
    assert.equal(headers.get("a"), "before");
  }
});

test("leading and trailing whitespace is removed from a value", () => {
  for (const [value, want] of [
    ["", ""],
    [" \t\r\n", ""],
    [" a \t b\n", "a \t b"],
    ["\x0ba", "\x0ba"],
    ["\x7f\x01", "\x7f\x01"],
    [undefined, "undefined"],
    [null, "null"],
    [{ toString: () => " x " }, "x"],
  ]) {
    assert.equal(new Headers([["a", value]]).get("a"), want);
  }
});

test("a value that consists of whitespace is not slow", () => {
  const blanks = " \t".repeat(200_000);
  const start = performance.now();
  const headers = new Headers([["a", `${blanks}x${blanks}y${blanks}`]]);
  assert.equal(headers.get("a"), `x${blanks}y`);
  assert(performance.now() - start < 5_000);
});

test("values are joined when they are read, except those of set-cookie", () => {
  const headers = new Headers([
    ["B", "2"],
    ["set-cookie", "y=1; a, b"],
    ["a", "1"],
    ["Set-Cookie", "x=2"],
    ["A", ""],
    ["a", "3"],
  ]);
  assert.equal(headers.get("a"), "1, , 3");
  assert.equal(headers.get("set-cookie"), "y=1; a, b, x=2");
  assert.deepEqual(headers.getSetCookie(), ["y=1; a, b", "x=2"]);
  assert.deepEqual(
    [...headers],
    [
      ["a", "1, , 3"],
      ["b", "2"],
      ["set-cookie", "y=1; a, b"],
      ["set-cookie", "x=2"],
    ],
  );
  assert.deepEqual([...headers.keys()], ["a", "b", "set-cookie", "set-cookie"]);
  assert.deepEqual([...headers.values()], ["1, , 3", "2", "y=1; a, b", "x=2"]);
  assert.equal(headers.get("none"), null);
  assert.deepEqual(new Headers().getSetCookie(), []);
});

test("the list keeps appended values separate, also in a copy", () => {
  const pairs = [
    ["X-A", "2"],
    ["x-b", "between"],
    ["x-a", "1"],
    ["x-a", "2"],
  ];
  const headers = new Headers(pairs);
  assert.deepEqual(headerList(headers), pairs);
  assert.deepEqual(headerList(new Headers(headers)), pairs);
  const request = new Request("http://a.test/", { headers });
  assert.deepEqual(headerList(request.headers), pairs);
  assert.deepEqual(headerList(new Request(request).headers), pairs);
  assert.deepEqual(headerList(request.clone().headers), pairs);
  assert.deepEqual(headerList(new Response(null, { headers }).headers), pairs);
  headerList(headers)[0][1] = "changed";
  assert.deepEqual(headerList(headers), pairs, "the list is a copy");
  assert.throws(() => headerList(new Map()), TypeError);
});

test("a Headers whose iterator was replaced is read by that iterator", () => {
  const headers = new Headers({ a: "1" });
  headers[Symbol.iterator] = function* () {
    yield ["b", "2"];
  };
  assert.deepEqual([...new Headers(headers)], [["b", "2"]]);
});

test("set replaces every value in the place of the first", () => {
  const headers = new Headers([
    ["a", "1"],
    ["b", "2"],
    ["A", "3"],
  ]);
  headers.set("a", "4");
  headers.set("c", "5");
  assert.deepEqual(headerList(headers), [
    ["a", "4"],
    ["b", "2"],
    ["c", "5"],
  ]);
  headers.delete("A");
  headers.delete("none");
  assert.deepEqual(headerList(headers), [
    ["b", "2"],
    ["c", "5"],
  ]);
  assert.equal(headers.has("B"), true);
  assert.equal(headers.has("a"), false);
});

test("names that are properties of objects are ordinary", () => {
  const headers = new Headers([
    ["__proto__", "1"],
    ["constructor", "2"],
    ["toString", "3"],
  ]);
  assert.equal(headers.get("constructor"), "2");
  assert.equal(headers.get("__proto__"), "1");
  assert.equal(headers.has("hasownproperty"), false);
});

test("an iteration observes changes", () => {
  const headers = new Headers({ a: "1", b: "2", c: "3" });
  const seen = [];
  for (const [name] of headers) {
    seen.push(name);
    headers.delete("b");
  }
  assert.deepEqual(seen, ["a", "c"]);
  const growing = new Headers({ f: "1", x: "2" });
  const iterator = growing[Symbol.iterator]();
  const next = () => iterator.next().value?.join();
  assert.equal(next(), "f,1");
  growing.append("set-cookie", "3");
  assert.equal(next(), "set-cookie,3");
  growing.append("a", "4");
  assert.equal(next(), "set-cookie,3", "what stood at this place has moved on");
  assert.equal(next(), "x,2");
  assert.equal(next(), undefined);
});

test("forEach gives value, name and headers, with its this", () => {
  const headers = new Headers({ a: "1" });
  const self = {};
  headers.forEach(function (...args) {
    assert.equal(this, self);
    assert.deepEqual(args, ["1", "a", headers]);
  }, self);
  assert.throws(() => headers.forEach("no function"), TypeError);
});

test("immutable headers can be read and copied, and not be changed", () => {
  const headers = new Headers({ a: "1" });
  freeze(headers);
  for (const method of ["append", "set", "delete"]) {
    refuses("invalid-header", () => headers[method]("a", "2"), method);
  }
  assert.equal(headers.get("a"), "1");
  const copy = new Headers(headers);
  copy.append("a", "2");
  assert.equal(copy.get("a"), "1, 2");
});

test("values survive the round trip to the wire", () => {
  for (const [value, text] of [
    ["", ""],
    ["a, b", "a, b"],
    ["caf\u00e9", "caf\u00e9"],
    ["\u00ff", "\u00ff"],
    ["\u00e6\u0097\u00a5", "日"],
    ["\u00f0\u009f\u0098\u0080", "😀"],
  ]) {
    const wire = headersToWire(new Headers([["X-a", value]]));
    assert.deepEqual(wire, [["X-a", text]], value);
    assert.deepEqual(headersToWire(headersFromWire(wire)), wire, "and again");
  }
  // The wire has text only: the bytes C3 A9 and E9 are the same text there.
  assert.deepEqual(headersToWire(new Headers([["a", "\u00c3\u00a9"]])), [["a", "é"]]);
  assert.equal(headersFromWire([["a", "é"]]).get("a"), "é");
});
