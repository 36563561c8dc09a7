// The builders make what a mock file has.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, test } from "node:test";
import Ajv from "ajv/dist/2020.js";
import { any, get, glob, json, Mocks, pieces, prefix, request, status, text } from "spin-harness";
import { EXPECTATIONS, RESPONSES, URL_A } from "./built-mocks.js";

let schema;
let isMockFile;

before(async () => {
  const path = new URL("../../outbound/mocks.schema.json", import.meta.url);
  schema = JSON.parse(await readFile(path, "utf8"));
  isMockFile = new Ajv({ strict: false, validateFormats: false }).compile(schema);
});

test("expectations and responses are what a mock file has", () => {
  for (const [built, want] of [...EXPECTATIONS, ...RESPONSES]) {
    assert.deepEqual(JSON.parse(JSON.stringify(built)), want);
  }
  const mock = [
    ...EXPECTATIONS.map(([built]) => built),
    ...RESPONSES.map(([built]) => ({ response: built })),
    { responses: RESPONSES.map(([built]) => built) },
  ];
  isMockFile(JSON.parse(JSON.stringify({ mock })));
  assert.equal(isMockFile.errors, null);
});

test("every key that a mock may have has a builder", () => {
  const keys = (objects) => new Set(objects.flatMap((object) => Object.keys(object)));
  const { Mock, Request, Response } = schema.$defs;
  const wanted = ({ properties }) => new Set(Object.keys(properties));
  const ofMock = keys(EXPECTATIONS.map(([, mock]) => mock));
  // `Mocks.expect` adds these.
  assert.deepEqual(new Set([...ofMock, "response", "responses"]), wanted(Mock));
  assert.deepEqual(keys(EXPECTATIONS.map(([, mock]) => mock.request)), wanted(Request));
  assert.deepEqual(keys(RESPONSES.map(([, response]) => response)), wanted(Response));
});

test("a builder does not change, so a part of it can be used twice", () => {
  const price = get(URL_A).query("sku", "7");
  price.query("sku", "8").header("a", "1").times(2);
  assert.deepEqual(price.toJSON(), {
    request: { method: "GET", url: URL_A, query: { sku: ["7"] } },
  });
  const stored = text("stored");
  stored.status(201).header("a", "1");
  assert.deepEqual(stored.toJSON(), { text: "stored" });
  const value = { a: 1 };
  const before = json(value);
  value.a = 2;
  assert.deepEqual(before.toJSON(), { json: { a: 1 } });
});

test("an argument that JSON would drop or change is a TypeError that names it", () => {
  for (const [build, message] of [
    [
      () => get(undefined),
      "undefined is not a URL to match; pass a string, a URL, a RegExp, glob(…) or prefix(…)",
    ],
    [() => get(/a/y), "/a/y: leave out the flag y; begin the expression with ^"],
    [() => request(undefined, URL_A), "request(method, url): undefined is not a string"],
    [() => glob(7), "glob(pattern): 7 is not a string"],
    [() => prefix(7), "prefix(text): 7 is not a string"],
    [() => any().query("sku", 7), 'query("sku", value): 7 is not a string'],
    [() => any().header("a", undefined), 'header("a", value): undefined is not a string'],
    [() => any().json(undefined), "json(value): JSON has no undefined"],
    [() => any().text(null), "text(text): null is not a string"],
    [() => any().bytes("a"), "bytes(bytes): a is not a Uint8Array"],
    [() => any().times(undefined), "times(n): undefined is not a number or { atLeast, atMost }"],
    [
      () => any().times({ atleast: 0 }),
      "times({ atLeast, atMost }): unknown option `atleast`; the options are atLeast, atMost",
    ],
    [() => any().times({}), "times({ atLeast, atMost }): pass one of them or both, or a number"],
    [() => any().times({ atLeast: "1" }), "times({ atLeast }): 1 is not a number"],
    [() => any().priority(Number.NaN), "priority(priority): NaN is not a number"],
    [() => json(() => {}), "json(value): JSON has no function"],
    [() => status("200"), "status(status): 200 is not a number"],
    [() => pieces([{ afterMs: 5 }]), "the body of a piece: undefined is not a Uint8Array"],
    [() => text("a").header("a", 1), 'header("a", value): 1 is not a string'],
    [
      () => new Mocks({ sead: 7 }),
      "new Mocks(options): unknown option `sead`; the options are unmatched, seed, state",
    ],
    [() => new Mocks(7), "new Mocks(options): 7 is not an object of options"],
    [
      () => new Mocks().expect({ url: URL_A }, status(200)),
      "expect(expectation, responses): [object Object] is not an expectation; make one with get(…), post(…), request(…) or any()",
    ],
    [
      () => new Mocks().expect(any(), 200),
      "expect(expectation, responses): 200 is not a response; make one with json(…), text(…), status(…) or fault(…)",
    ],
    [
      () => new Mocks().expect(any(), [status(200), undefined]),
      "expect(expectation, responses): undefined is not a response; make one with json(…), text(…), status(…) or fault(…)",
    ],
    [
      () => Mocks.fromFile(undefined),
      "Mocks.fromFile(path): undefined is not a path; pass a string or a file URL",
    ],
  ]) {
    assert.throws(build, { name: "TypeError", message });
  }
  const cyclic = {};
  cyclic.self = cyclic;
  assert.throws(() => json(cyclic), TypeError);
});
