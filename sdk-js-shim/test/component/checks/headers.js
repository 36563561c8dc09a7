// `Headers`, and the fields of requests and responses.

import assert from "../guests/node-assert.js";
import { echo } from "./support.js";

const INVALID_NAMES = ["", "a b", "a:", "a\n", "\u00e9", "\0", "a\u0100", "(a)"];
const INVALID_VALUES = ["a\0b", "a\nb", "a\rb", "\u0100", "\u65e5"];

export const headers = {
  "names are case-insensitive": () => {
    const headers = new Headers({ "X-A": "1" });
    assert.deepEqual([headers.get("x-a"), headers.has("x-A")], ["1", true]);
    headers.delete("X-a");
    assert.deepEqual([headers.get("x-a"), headers.has("X-A")], [null, false]);
  },
  "values of a name are combined": () => {
    const headers = new Headers([["a", "1"]]);
    headers.append("A", "2");
    headers.append("a", "");
    assert.equal(headers.get("a"), "1, 2, ");
  },
  "set replaces every value of a name": () => {
    const headers = new Headers([
      ["a", "1"],
      ["b", "2"],
      ["A", "3"],
    ]);
    headers.set("a", "4");
    assert.deepEqual(
      [...headers],
      [
        ["a", "4"],
        ["b", "2"],
      ],
    );
  },
  "entries are sorted, in lower case and combined": () => {
    const headers = new Headers([
      ["x-b", "1"],
      ["X-A", "2"],
      ["x-B", "3"],
      ["x", "4"],
    ]);
    assert.deepEqual(
      [...headers],
      [
        ["x", "4"],
        ["x-a", "2"],
        ["x-b", "1, 3"],
      ],
    );
    assert.deepEqual([...headers.keys()], ["x", "x-a", "x-b"]);
    assert.deepEqual([...headers.values()], ["4", "2", "1, 3"]);
  },
  "values of set-cookie are separate entries": () => {
    const headers = new Headers([
      ["set-cookie", "a=1"],
      ["b", "2"],
      ["Set-Cookie", "c=3, d"],
    ]);
    assert.deepEqual(headers.getSetCookie(), ["a=1", "c=3, d"]);
    assert.equal(headers.get("set-cookie"), "a=1, c=3, d");
    assert.deepEqual(
      [...headers],
      [
        ["b", "2"],
        ["set-cookie", "a=1"],
        ["set-cookie", "c=3, d"],
      ],
    );
  },
  "getSetCookie is an empty list without such a field": () =>
    assert.deepEqual(new Headers({ cookie: "a=1" }).getSetCookie(), []),
  "set of set-cookie replaces all of its values": () => {
    const headers = new Headers([
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]);
    headers.set("Set-Cookie", "c=3");
    assert.deepEqual(headers.getSetCookie(), ["c=3"]);
  },
  "an iteration sees changes": () => {
    const headers = new Headers({ a: "1", c: "3" });
    const seen = [];
    for (const [name] of headers) {
      seen.push(name);
      if (name === "a") headers.append("b", "2");
      if (name === "b") headers.delete("c");
    }
    assert.deepEqual(seen, ["a", "b"]);
  },
  "whitespace around a value is removed": () =>
    assert.equal(new Headers({ a: "\r\n\t b \t c \n" }).get("a"), "b \t c"),
  "a value may be empty, or have any byte but NUL and line breaks": () => {
    const headers = new Headers({ a: "", b: "\x01\x7f\xff" });
    assert.deepEqual([headers.get("a"), headers.get("b")], ["", "\x01\x7f\xff"]);
  },
  "an invalid name is a TypeError in every method": () => {
    for (const name of INVALID_NAMES) {
      const headers = new Headers();
      const shown = JSON.stringify(name);
      assert.throws(() => headers.append(name, "a"), TypeError, shown);
      assert.throws(() => headers.set(name, "a"), TypeError, shown);
      assert.throws(() => headers.get(name), TypeError, shown);
      assert.throws(() => headers.has(name), TypeError, shown);
      assert.throws(() => headers.delete(name), TypeError, shown);
      assert.throws(() => new Headers([[name, "a"]]), TypeError, shown);
      assert.throws(() => new Headers({ [name]: "a" }), TypeError, shown);
    }
  },
  "an invalid value is a TypeError in every method": () => {
    for (const value of INVALID_VALUES) {
      const headers = new Headers();
      const shown = JSON.stringify(value);
      assert.throws(() => headers.append("a", value), TypeError, shown);
      assert.throws(() => headers.set("a", value), TypeError, shown);
      assert.throws(() => new Headers({ a: value }), TypeError, shown);
      assert.throws(
        () => new Request("http://a.test/", { headers: { a: value } }),
        TypeError,
        shown,
      );
    }
  },
  "a missing argument is a TypeError": () => {
    const headers = new Headers();
    for (const call of [
      () => headers.append("a"),
      () => headers.set("a"),
      () => headers.get(),
      () => headers.has(),
      () => headers.delete(),
      () => headers.forEach(),
    ]) {
      assert.throws(call, TypeError, String(call));
    }
    assert.deepEqual([...headers], []);
  },
  "values are converted to text": () => {
    const headers = new Headers({ a: 5, b: null, c: undefined });
    headers.append("d", true);
    assert.deepEqual([...headers.values()], ["5", "null", "undefined", "true"]);
  },
  "the constructor takes records, pairs, Headers and iterables": () => {
    const want = [["a", "1"]];
    for (const init of [{ a: "1" }, want, new Headers(want), new Map(want), new Set(want)]) {
      assert.deepEqual([...new Headers(init)], want);
    }
    assert.deepEqual([...new Headers(), ...new Headers(undefined), ...new Headers({})], []);
  },
  "the constructor uses the iterator of Headers": () => {
    const headers = new Headers({ a: "1" });
    headers[Symbol.iterator] = function* () {
      yield ["b", "2"];
    };
    assert.deepEqual([...new Headers(headers)], [["b", "2"]]);
  },
  "the constructor refuses other values": () => {
    for (const init of [null, 5, "a", true, [["a"]], [["a", "b", "c"]], ["ab", 5], [5]]) {
      assert.throws(() => new Headers(init), TypeError, JSON.stringify(init));
    }
    assert.throws(() => new Headers({ [Symbol.toStringTag]: "a" }), TypeError);
  },
  "a copy is independent": () => {
    const headers = new Headers({ a: "1" });
    const copy = new Headers(headers);
    copy.set("a", "2");
    assert.equal(headers.get("a"), "1");
  },
  "forEach passes value, name and headers, with `this`": () => {
    const headers = new Headers({ b: "2", a: "1" });
    const seen = [];
    headers.forEach(
      function (...words) {
        seen.push([this.tag, words[0], words[1], words[2] === headers]);
      },
      { tag: "t" },
    );
    assert.deepEqual(seen, [
      ["t", "1", "a", true],
      ["t", "2", "b", true],
    ]);
  },
  "the class has its tag, and its iterator is entries": () => {
    assert.equal(Object.prototype.toString.call(new Headers()), "[object Headers]");
    assert.equal(Headers.prototype[Symbol.iterator], Headers.prototype.entries);
  },
  "a null prototype and inherited properties": () => {
    const init = Object.create({ inherited: "1" }, { own: { value: "2", enumerable: true } });
    assert.deepEqual([...new Headers(init)], [["own", "2"]]);
    const bare = Object.assign(Object.create(null), { a: "1" });
    assert.deepEqual([...new Headers(bare)], [["a", "1"]]);
  },
  "headers of a response of fetch are immutable": async ({ base }) => {
    const { headers } = await fetch(`${base}/text`);
    for (const change of [
      () => headers.append("x-a", "1"),
      () => headers.set("x-a", "1"),
      () => headers.delete("x-a"),
    ]) {
      assert.throws(change, TypeError);
    }
    assert.equal(headers.get("x-a"), "1");
    const copy = new Headers(headers);
    copy.set("x-a", "2");
    assert.equal(copy.get("x-a"), "2");
  },
  "headers of Response.error, of Response.redirect and of clones of them are immutable": () => {
    for (const response of [Response.error(), Response.redirect("http://a.test/")]) {
      for (const { headers } of [response, response.clone()]) {
        assert.throws(() => headers.set("a", "1"), TypeError);
      }
    }
  },
  "headers of a Request and of a Response of a program can be changed": () => {
    for (const { headers } of [new Request("http://a.test/"), new Response()]) {
      headers.set("a", "1");
      assert.equal(headers.get("a"), "1");
    }
  },
  "values of a response field are combined": async ({ base }) => {
    const { headers } = await fetch(`${base}/cookies`);
    assert.deepEqual(
      [headers.get("x-a"), headers.getSetCookie()],
      ["1, 2", ["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=2"]],
    );
  },
  "fields of a request reach the upstream": async ({ base }) => {
    const { headers } = await echo(`${base}/echo`, { headers: { "X-A": " 1 ", "x-empty": "" } });
    assert.deepEqual([headers["x-a"], headers["x-empty"]], ["1", ""]);
  },
  "fields that only browsers forbid are sent": async ({ base }) => {
    const given = {
      cookie: "a=1",
      origin: "http://a.test",
      referer: "http://a.test/",
      date: "x",
      "user-agent": "y",
      "sec-a": "z",
      dnt: "1",
    };
    const { headers } = await echo(`${base}/echo`, { headers: given }, "raw");
    const seen = Object.fromEntries(Object.keys(given).map((name) => [name, headers[name]]));
    assert.deepEqual(seen, given);
  },
  "fields of the connection are not sent": async ({ base }) => {
    const given = {
      connection: "x-named, upgrade",
      "x-named": "1",
      "keep-alive": "timeout=5",
      "proxy-connection": "keep-alive",
      te: "trailers",
      upgrade: "websocket",
      "x-a": "1",
    };
    const { headers } = await echo(`${base}/echo`, { headers: given }, "raw");
    const sent = Object.entries(given).filter(([name, value]) => headers[name] === value);
    assert.deepEqual(sent, [["x-a", "1"]]);
  },
  "bytes of a value are sent unchanged": async ({ base }) =>
    assert.equal(
      (await echo(`${base}/echo`, { headers: { a: "caf\u00e9" } })).headers.a,
      "caf\u00e9",
    ),
  "a byte of a response value is one character": async ({ base }) =>
    assert.equal((await fetch(`${base}/latin1`)).headers.get("x-a"), "caf\u00e9"),
};
