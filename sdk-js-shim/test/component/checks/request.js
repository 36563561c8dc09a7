// `Request`.

import assert from "../guests/node-assert.js";
import { silentStream, streamOf } from "./support.js";

const URL_OF = "http://a.test/";
const post = (init) => new Request(URL_OF, { method: "POST", ...init });

export const request = {
  "a Request has the defaults of the standard": () => {
    const made = new Request(URL_OF);
    const { method, url, mode, credentials, cache, redirect, referrer, referrerPolicy } = made;
    assert.deepEqual(
      [method, url, mode, credentials, cache, redirect, referrer, referrerPolicy],
      ["GET", URL_OF, "cors", "same-origin", "default", "follow", "about:client", ""],
    );
    const { integrity, keepalive, destination, duplex, body, bodyUsed } = made;
    assert.deepEqual(
      [integrity, keepalive, destination, duplex, body, bodyUsed],
      ["", false, "", "half", null, false],
    );
    assert.deepEqual([made.signal instanceof AbortSignal, made.signal.aborted], [true, false]);
    assert.equal(made.headers, made.headers);
  },
  "the constructor needs one argument": () => {
    assert.equal(Request.length, 1);
    assert.throws(() => new Request(), TypeError);
  },
  "options are kept": () => {
    const options = {
      method: "PUT",
      mode: "same-origin",
      credentials: "include",
      cache: "only-if-cached",
      redirect: "error",
      referrer: "",
      referrerPolicy: "origin",
      integrity: "sha256-x",
      keepalive: true,
    };
    const made = new Request(URL_OF, options);
    const seen = Object.fromEntries(Object.keys(options).map((name) => [name, made[name]]));
    assert.deepEqual(seen, options);
    const copied = new Request(made);
    const copy = Object.fromEntries(Object.keys(options).map((name) => [name, copied[name]]));
    assert.deepEqual(copy, options);
  },
  "methods are normalized, and others are kept": () => {
    for (const [method, want] of [
      ["get", "GET"],
      ["hEAD", "HEAD"],
      ["post", "POST"],
      ["put", "PUT"],
      ["delete", "DELETE"],
      ["options", "OPTIONS"],
      ["patch", "patch"],
      ["chicken", "chicken"],
    ]) {
      assert.equal(new Request(URL_OF, { method }).method, want);
    }
  },
  "a forbidden or invalid method is a TypeError": () => {
    for (const method of ["CONNECT", "connect", "TRACE", "trace", "TRACK", "", "a b", "\u00e9"]) {
      assert.throws(() => new Request(URL_OF, { method }), TypeError, method);
    }
  },
  "an unknown option value is a TypeError": () => {
    for (const init of [
      { mode: "x" },
      { mode: "navigate" },
      { credentials: "x" },
      { cache: "x" },
      { cache: "only-if-cached", mode: "cors" },
      { redirect: "x" },
      { referrer: "http://[" },
      { referrerPolicy: "x" },
      { priority: "x" },
      { window: "x" },
      { signal: {} },
      { signal: "x" },
    ]) {
      assert.throws(() => new Request(URL_OF, init), TypeError, JSON.stringify(init));
    }
  },
  "a URL that cannot be parsed, or has credentials, is a TypeError": () => {
    for (const url of ["http://[", "http://u:p@a.test/", "http://u@a.test/", ""]) {
      assert.throws(() => new Request(url), TypeError, url);
    }
  },
  "the url is serialized, with its fragment": () =>
    assert.equal(new Request("HTTP://A.test:80/b/../c?d e#f").url, "http://a.test/c?d%20e#f"),
  "GET and HEAD with a body are a TypeError, and with null are not": () => {
    for (const method of ["GET", "HEAD", "get"]) {
      for (const body of ["", "x", new Uint8Array(0), new URLSearchParams()]) {
        assert.throws(() => new Request(URL_OF, { method, body }), TypeError, method);
      }
      assert.equal(new Request(URL_OF, { method, body: null }).body, null);
    }
  },
  "a body sets content-type, unless the program does": () => {
    assert.equal(post({ body: "x" }).headers.get("content-type"), "text/plain;charset=UTF-8");
    const headers = { "Content-Type": "text/x" };
    assert.equal(post({ body: "x", headers }).headers.get("content-type"), "text/x");
    assert.equal(post({ headers }).headers.get("content-type"), "text/x");
    assert.equal(post({ body: new Uint8Array(1) }).headers.has("content-type"), false);
  },
  "an empty body is a body": () => {
    const made = post({ body: "" });
    assert.deepEqual(
      [made.body instanceof ReadableStream, made.headers.has("content-type")],
      [true, true],
    );
  },
  "a Request of a Request moves the body": async () => {
    const original = post({ body: "x" });
    const made = new Request(original);
    assert.deepEqual([original.bodyUsed, made.bodyUsed], [true, false]);
    assert.equal(await made.text(), "x");
    assert.throws(() => new Request(original), TypeError);
  },
  "a Request of a Request with a body of its own leaves the original": async () => {
    const original = post({ body: "x" });
    const made = new Request(original, { body: "y" });
    assert.deepEqual(
      [original.bodyUsed, await made.text(), await original.text()],
      [false, "y", "x"],
    );
  },
  "a Request of a used one needs a body of its own": async () => {
    const original = post({ body: "x" });
    await original.text();
    assert.throws(() => new Request(original), TypeError);
    assert.equal(await new Request(original, { body: "y" }).text(), "y");
  },
  "a Request that fails to be made leaves the body": async () => {
    const original = post({ body: "x" });
    assert.throws(() => new Request(original, { method: "GET" }), TypeError);
    assert.equal(original.bodyUsed, false);
  },
  "headers of init replace those of the Request": () => {
    const original = new Request(URL_OF, { headers: { a: "1", b: "2" } });
    assert.deepEqual([...new Request(original, { headers: { c: "3" } }).headers], [["c", "3"]]);
    const copy = new Request(original);
    copy.headers.set("a", "9");
    assert.equal(original.headers.get("a"), "1");
  },
  "a Request as init is a source of options": () => {
    const original = new Request(URL_OF, { method: "PUT", headers: { a: "1" }, redirect: "error" });
    const { method, headers, redirect } = new Request("http://b.test/", original);
    assert.deepEqual([method, headers.get("a"), redirect], ["PUT", "1", "error"]);
  },
  "a stream needs duplex half": () => {
    assert.throws(() => post({ body: silentStream() }), TypeError);
    assert.throws(() => post({ body: silentStream(), duplex: "full" }), TypeError);
    assert(post({ body: silentStream(), duplex: "half" }).body instanceof ReadableStream);
  },
  "a stream with keepalive is a TypeError": () =>
    assert.throws(() => post({ body: silentStream(), duplex: "half", keepalive: true }), TypeError),
  "a stream that is locked is a TypeError": () => {
    const body = silentStream();
    body.getReader();
    assert.throws(() => post({ body, duplex: "half" }), TypeError);
  },
  "a stream that was read is a TypeError": async () => {
    const body = streamOf(["a", "b"]);
    const reader = body.getReader();
    await reader.read();
    reader.releaseLock();
    assert.throws(() => post({ body, duplex: "half" }), TypeError);
  },
  "body and bodyUsed of a stream": async () => {
    const made = post({ body: streamOf(["a", "b"]), duplex: "half" });
    assert.deepEqual([made.bodyUsed, await made.text(), made.bodyUsed], [false, "ab", true]);
  },
  "clone copies everything, and both bodies can be read": async () => {
    const original = post({ body: "x", headers: { a: "1" }, redirect: "error" });
    const clone = original.clone();
    clone.headers.set("a", "2");
    assert.deepEqual(
      [original.headers.get("a"), clone.method, clone.redirect, clone.url],
      ["1", "POST", "error", URL_OF],
    );
    assert.deepEqual([await clone.text(), await original.text()], ["x", "x"]);
  },
  "clone of a stream gives both its chunks": async () => {
    const original = post({ body: streamOf(["a", "b"]), duplex: "half" });
    const clone = original.clone();
    assert.deepEqual(await Promise.all([original.text(), clone.text()]), ["ab", "ab"]);
  },
  "clone of a used or locked Request is a TypeError": async () => {
    const used = post({ body: "x" });
    await used.text();
    assert.throws(() => used.clone(), TypeError);
    const locked = post({ body: "x" });
    locked.body.getReader();
    assert.throws(() => locked.clone(), TypeError);
  },
  "signal follows the one that was passed": () => {
    const controller = new AbortController();
    const made = new Request(URL_OF, { signal: controller.signal });
    const copy = new Request(made);
    const clone = made.clone();
    assert.deepEqual([made.signal === controller.signal, made.signal.aborted], [false, false]);
    controller.abort("enough");
    for (const { signal } of [made, copy, clone]) {
      assert.deepEqual([signal.aborted, signal.reason], [true, "enough"]);
    }
  },
  "signal null takes the signal away": () => {
    const controller = new AbortController();
    const made = new Request(URL_OF, { signal: controller.signal });
    const without = new Request(made, { signal: null });
    controller.abort();
    assert.equal(without.signal.aborted, false);
  },
  "fetch uses the body of a Request": async ({ base }) => {
    const made = new Request(`${base}/echo`, { method: "POST", body: "x" });
    const seen = await (await fetch(made)).json();
    assert.deepEqual([seen.body, made.bodyUsed], ["x", true]);
    await assert.rejects(fetch(made), TypeError);
  },
  "fetch of a Request whose body is locked rejects": async ({ base }) => {
    const made = new Request(`${base}/echo`, { method: "POST", body: "x" });
    made.body.getReader();
    await assert.rejects(fetch(made), TypeError);
  },
  "a Request without a body can be sent again": async ({ base }) => {
    const made = new Request(`${base}/hello`);
    assert.deepEqual(
      [(await fetch(made)).status, (await fetch(made)).status, made.bodyUsed],
      [200, 200, false],
    );
  },
};
