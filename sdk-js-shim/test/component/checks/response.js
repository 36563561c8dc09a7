// `Response`.

import assert from "../guests/node-assert.js";
import { streamOf } from "./support.js";

const partsOf = ({ status, statusText, ok, type, url, redirected, bodyUsed }) => ({
  status,
  statusText,
  ok,
  type,
  url,
  redirected,
  bodyUsed,
});

export const response = {
  "a Response has the defaults of the standard": () => {
    const made = new Response();
    assert.deepEqual(partsOf(made), {
      status: 200,
      statusText: "",
      ok: true,
      type: "default",
      url: "",
      redirected: false,
      bodyUsed: false,
    });
    assert.deepEqual([made.body, [...made.headers]], [null, []]);
  },
  "null and undefined give no body, and an empty text gives a body": async () => {
    assert.deepEqual([new Response(null).body, new Response(undefined).body], [null, null]);
    const empty = new Response("");
    assert.deepEqual([empty.body instanceof ReadableStream, await empty.text()], [true, ""]);
  },
  "a status outside 200 to 599 is a RangeError": () => {
    for (const status of [0, 100, 101, 199, 600, 1000, "x"]) {
      assert.throws(() => new Response("", { status }), RangeError, String(status));
    }
    for (const status of [200, 599]) assert.equal(new Response("", { status }).status, status);
  },
  "a null body status with a body is a TypeError": () => {
    for (const status of [204, 205, 304]) {
      assert.throws(() => new Response("x", { status }), TypeError, String(status));
      assert.equal(new Response(null, { status }).body, null);
    }
  },
  "ok is true from 200 to 299": () => {
    const seen = [200, 299, 300, 404].map((status) => new Response(null, { status }).ok);
    assert.deepEqual(seen, [true, true, false, false]);
  },
  "statusText is a reason phrase": () => {
    assert.equal(new Response(null, { statusText: "a \u00ff\t" }).statusText, "a \u00ff\t");
    for (const statusText of ["\n", "\0", "\u0100"]) {
      assert.throws(() => new Response(null, { statusText }), TypeError);
    }
  },
  "a body sets content-type, unless the program does": () => {
    const type = (body, headers) => new Response(body, { headers }).headers.get("content-type");
    assert.equal(type("x"), "text/plain;charset=UTF-8");
    assert.equal(type("x", { "content-type": "text/x" }), "text/x");
    assert.equal(type(new Blob(["x"], { type: "text/y" })), "text/y");
    assert.equal(type(new Uint8Array(1)), null);
  },
  "init that is not an object is a TypeError": () =>
    assert.throws(() => new Response("", 5), TypeError),
  "Response.json": async () => {
    const made = Response.json({ a: [1] }, { status: 201, headers: { "x-a": "1" } });
    const { headers } = made;
    assert.deepEqual(
      [made.status, headers.get("content-type"), headers.get("x-a"), await made.text()],
      [201, "application/json", "1", '{"a":[1]}'],
    );
    const typed = Response.json(1, { headers: { "content-type": "text/x" } });
    assert.equal(typed.headers.get("content-type"), "text/x");
  },
  "Response.json of a value without JSON is a TypeError": () => {
    const cyclic = {};
    cyclic.self = cyclic;
    for (const value of [undefined, Symbol("a"), () => {}, 1n, cyclic]) {
      assert.throws(() => Response.json(value), TypeError);
    }
    assert.throws(() => Response.json(), TypeError);
    assert.throws(() => Response.json(1, { status: 204 }), TypeError);
  },
  "Response.json passes on what toJSON throws": () => {
    const error = new RangeError("mine");
    const value = {
      toJSON() {
        throw error;
      },
    };
    assert.throws(() => Response.json(value), error);
  },
  "Response.redirect": () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const made = Response.redirect("http://a.test/b c", status);
      assert.deepEqual(
        [made.status, made.headers.get("location"), made.type, made.body],
        [status, "http://a.test/b%20c", "default", null],
      );
    }
    assert.equal(Response.redirect("http://a.test/").status, 302);
  },
  "Response.redirect refuses other statuses and invalid URLs": () => {
    for (const status of [200, 300, 304, 309, 0]) {
      assert.throws(() => Response.redirect("http://a.test/", status), RangeError, String(status));
    }
    assert.throws(() => Response.redirect("http://["), TypeError);
    assert.throws(() => Response.redirect(), TypeError);
  },
  "Response.error": () => {
    const { status, type, statusText, body, ok } = Response.error();
    assert.deepEqual([status, type, statusText, body, ok], [0, "error", "", null, false]);
  },
  "clone copies everything, and both bodies can be read": async () => {
    const original = new Response("x", { status: 201, statusText: "S", headers: { a: "1" } });
    const clone = original.clone();
    assert.deepEqual(partsOf(clone), partsOf(original));
    clone.headers.set("a", "2");
    assert.equal(original.headers.get("a"), "1");
    assert.deepEqual([await clone.text(), await original.text()], ["x", "x"]);
  },
  "clone of a response of fetch": async ({ base }) => {
    const original = await fetch(`${base}/text`);
    const clone = original.clone();
    assert.deepEqual(partsOf(clone), partsOf(original));
    assert.deepEqual([await original.text(), await clone.text()], ["text", "text"]);
    assert.throws(() => clone.headers.set("a", "1"), TypeError);
  },
  "clone of a stream gives each its own chunks": async () => {
    const original = new Response(streamOf(["a", "b"]));
    const clone = original.clone();
    const { value } = await clone.body.getReader().read();
    value.fill(0);
    assert.equal(await original.text(), "ab");
  },
  "clone of a used or locked Response is a TypeError": async () => {
    const used = new Response("x");
    await used.text();
    assert.throws(() => used.clone(), TypeError);
    const locked = new Response("x");
    locked.body.getReader();
    assert.throws(() => locked.clone(), TypeError);
  },
  "clone of a Response without a body": async () => {
    const clone = new Response(null, { status: 204 }).clone();
    assert.deepEqual([clone.body, clone.status], [null, 204]);
  },
  "cancelling both clones cancels the source": async () => {
    const reasons = [];
    const original = new Response(streamOf(["a", "b"], reasons));
    const clone = original.clone();
    const both = [original.body.cancel("one"), clone.body.cancel("two")];
    await Promise.all(both);
    assert.deepEqual(reasons, [["one", "two"]]);
  },
  "a stream that is locked is a TypeError": () => {
    const stream = streamOf(["a"]);
    stream.getReader();
    assert.throws(() => new Response(stream), TypeError);
  },
  "a stream that was read is a TypeError": async () => {
    const stream = streamOf(["a", "b"]);
    const reader = stream.getReader();
    await reader.read();
    reader.releaseLock();
    assert.throws(() => new Response(stream), TypeError);
  },
  "body is the stream that was passed": () => {
    const stream = streamOf(["a"]);
    assert(new Response(stream).body === stream, "it is another stream");
  },
  "body is always the same stream": async ({ base }) => {
    for (const made of [new Response("x"), new Response(streamOf([])), await fetch(base)]) {
      assert.equal(made.body, made.body);
    }
  },
  "several set-cookie fields are kept": () => {
    const headers = [
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ];
    assert.deepEqual(new Response(null, { headers }).headers.getSetCookie(), ["a=1", "b=2"]);
  },
  "a null body status of an upstream has no body": async ({ base }) => {
    for (const status of [204, 205, 304]) {
      const got = await fetch(`${base}/status/${status}`);
      assert.deepEqual([got.status, got.body, await got.text()], [status, null, ""]);
    }
  },
  "a body with an empty content is a stream": async ({ base }) => {
    const got = await fetch(`${base}/cookies`);
    assert.deepEqual([got.body instanceof ReadableStream, await got.text()], [true, ""]);
  },
  "the class has its tag": () =>
    assert.equal(Object.prototype.toString.call(new Response()), "[object Response]"),
};
