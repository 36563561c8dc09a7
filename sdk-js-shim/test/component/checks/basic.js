// The call of `fetch`: its input, what is sent, and the response.

import assert from "../guests/node-assert.js";
import { echo, lengthOf, rejection } from "./support.js";

export const basic = {
  "fetch has one required argument": () => assert.equal(fetch.length, 1),
  "fetch without arguments rejects, and does not throw": () => assert.rejects(fetch(), TypeError),
  "fetch needs no `this`": async ({ base }) => {
    const { fetch } = globalThis;
    assert.equal((await fetch(`${base}/hello`)).status, 200);
  },
  "a response has the properties of the standard": async ({ base }) => {
    const response = await fetch(`${base}/hello?a=1`);
    const { status, ok, type, url, redirected, bodyUsed } = response;
    assert.deepEqual(
      { status, ok, type, url, redirected, bodyUsed },
      {
        status: 200,
        ok: true,
        type: "basic",
        url: `${base}/hello?a=1`,
        redirected: false,
        bodyUsed: false,
      },
    );
    assert(response instanceof Response && response.headers instanceof Headers);
    assert(response.body instanceof ReadableStream);
  },
  "the url of a response has no fragment": async ({ base }) =>
    assert.equal((await fetch(`${base}/hello#f`)).url, `${base}/hello`),
  "statusText is the reason phrase": async ({ base }) =>
    assert.equal((await fetch(`${base}/hello`)).statusText, "OK"),
  "a status of 404 or 500 is a response": async ({ base }) => {
    for (const status of [404, 500]) {
      const response = await fetch(`${base}/status/${status}`);
      assert.deepEqual([response.status, response.ok], [status, false]);
      assert.equal(await response.text(), `status ${status}`);
    }
  },
  "the input is a URL object": async ({ base }) =>
    assert.equal((await echo(new URL("/echo?q=1", base))).url, "/echo?q=1"),
  "the input is an object with toString": async ({ base }) =>
    assert.equal((await echo({ toString: () => `${base}/echo` })).url, "/echo"),
  "the input is a Request, and init overrides it": async ({ base }) => {
    const request = new Request(`${base}/echo`, { headers: { "x-a": "1" } });
    const { method, headers } = await echo(request, { method: "PUT", headers: { "x-b": "2" } });
    assert.deepEqual([method, headers["x-a"], headers["x-b"]], ["PUT", undefined, "2"]);
  },
  "init that is not an object rejects": async ({ base }) => {
    for (const init of [5, "x", true]) await assert.rejects(fetch(base, init), TypeError);
  },
  "init may be null": async ({ base }) => assert.equal((await fetch(base, null)).status, 200),
  "calls in Promise.all have their own responses": async ({ base }) => {
    const seen = await Promise.all(["/a", "/b", "/c"].map((path) => echo(`${base}/echo${path}`)));
    assert.deepEqual(
      seen.map(({ url }) => url),
      ["/echo/a", "/echo/b", "/echo/c"],
    );
  },
  "the query and escapes are sent unchanged": async ({ base }) =>
    assert.equal((await echo(`${base}/echo/%2F%61?a=%20+b&&`)).url, "/echo/%2F%61?a=%20+b&&"),
  "a fragment is not sent": async ({ base }) =>
    assert.equal((await echo(`${base}/echo#f`)).url, "/echo"),
  "accept is */* unless the program sets it": async ({ base }) =>
    assert.equal((await echo(`${base}/echo`, {}, "raw")).headers.accept, "*/*"),
  "accept and accept-language of the program are sent": async ({ base }) => {
    const headers = { accept: "text/x", "accept-language": "de" };
    const { headers: sent } = await echo(`${base}/echo`, { headers }, "raw");
    assert.deepEqual([sent.accept, sent["accept-language"]], ["text/x", "de"]);
  },
  "GET has no content-length": async ({ base }) =>
    assert.equal(lengthOf(await echo(`${base}/echo`, {}, "raw")), undefined),
  "POST and PUT without a body have content-length 0": async ({ base }) => {
    for (const method of ["POST", "PUT"]) {
      assert.equal(lengthOf(await echo(`${base}/echo`, { method }, "raw")), "0", method);
    }
  },
  "content-length is the number of bytes": async ({ base }) => {
    const { headers, body } = await echo(`${base}/echo`, { method: "POST", body: "\u00e9" }, "raw");
    assert.deepEqual([headers["content-length"], body], ["2", "\u00e9"]);
  },
  "content-type follows the kind of body": async ({ base }) => {
    const form = new FormData();
    form.append("a", "1");
    for (const [body, type] of [
      ["x", /^text\/plain;charset=UTF-8$/],
      [new URLSearchParams("a=1"), /^application\/x-www-form-urlencoded;charset=UTF-8$/],
      [new Blob(["x"], { type: "Text/X" }), /^text\/x$/],
      [form, /^multipart\/form-data; boundary=\S+$/],
      [new Blob(["x"]), /^undefined$/],
      [new ArrayBuffer(1), /^undefined$/],
      [new Uint16Array(1), /^undefined$/],
      [new DataView(new ArrayBuffer(1)), /^undefined$/],
    ]) {
      const { headers } = await echo(`${base}/echo`, { method: "POST", body });
      assert.match(String(headers["content-type"]), type);
    }
  },
  "an object as a body is its text": async ({ base }) =>
    assert.equal((await echo(`${base}/echo`, { method: "POST", body: { a: 1 } })).body, String({})),
  "each normalized method is sent in upper case": async ({ base }) => {
    for (const method of ["get", "Post", "pUT", "delete", "options"]) {
      const { method: sent } = await echo(`${base}/echo`, { method });
      assert.equal(sent, method.toUpperCase());
    }
  },
  "patch in lower case is sent as a method of its own": async ({ base }) =>
    assert((await fetch(base, { method: "patch" })).status > 0),
  "a method of any name is sent": async ({ base }) =>
    assert.equal((await echo(`${base}/echo`, { method: "PROPFIND" })).method, "PROPFIND"),
  "a response to HEAD has an empty body, and its fields": async ({ base }) => {
    const response = await fetch(`${base}/text`, { method: "HEAD" });
    assert.deepEqual([await response.text(), response.headers.get("content-length")], ["", "4"]);
  },
  "no referer is sent": async ({ base }) =>
    assert.equal((await echo(`${base}/echo`, {}, "raw")).headers.referer, undefined),
  "cache modes add their fields": async ({ base }) => {
    for (const [cache, control, pragma] of [
      ["default", undefined, undefined],
      ["no-store", "no-cache", "no-cache"],
      ["reload", "no-cache", "no-cache"],
      ["no-cache", "max-age=0", undefined],
      ["force-cache", undefined, undefined],
    ]) {
      const { headers } = await echo(`${base}/echo`, { cache });
      assert.deepEqual([headers["cache-control"], headers.pragma], [control, pragma], cache);
    }
  },
  "only-if-cached without a cached response rejects": ({ base }) =>
    assert.rejects(fetch(base, { cache: "only-if-cached", mode: "same-origin" }), TypeError),
  "integrity that matches resolves, also among others": async ({ base }) => {
    const right = "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    const wrong = "sha256-2NVz3Vnym8H3SxmFamVUdrgNTz8fPKyxOrIxYJjD8L0=";
    for (const integrity of [right, `${wrong} ${right}`, `${right}?option`, "md5-x", ""]) {
      assert.equal(await (await fetch(`${base}/hello`, { integrity })).text(), "hello", integrity);
    }
  },
  "integrity that does not match rejects": async ({ base }) => {
    const sha256 = "sha256-2NVz3Vnym8H3SxmFamVUdrgNTz8fPKyxOrIxYJjD8L0=";
    await assert.rejects(fetch(`${base}/hello`, { integrity: sha256 }), TypeError);
  },
  "a scheme that fetch does not have rejects": async () => {
    for (const url of ["ftp://127.0.0.1/", "about:blank", "foo:bar", "ws://127.0.0.1/"]) {
      await assert.rejects(fetch(url), TypeError, url);
    }
  },
  "a URL that cannot be parsed, or has a password, rejects": async () => {
    for (const url of [
      "",
      "x",
      "http://",
      "http://[",
      "http://u:p@127.0.0.1/",
      "http://u@a.test",
    ]) {
      await assert.rejects(fetch(url), TypeError, url);
    }
  },
  "data: URLs are responses": async () => {
    for (const [url, type, text] of [
      ["data:,a%20b", "text/plain;charset=US-ASCII", "a b"],
      ["data:text/x;a=b,c", "text/x;a=b", "c"],
      ["data:;base64,w6k=", "text/plain;charset=US-ASCII", "\u00e9"],
      ["data:text/plain;charset=utf-8;base64, w6 k=", "text/plain;charset=utf-8", "\u00e9"],
    ]) {
      const response = await fetch(url);
      assert.deepEqual([response.status, response.headers.get("content-type")], [200, type], url);
      assert.deepEqual([await response.text(), response.url], [text, url], url);
    }
  },
  "an invalid data: URL rejects": async () => {
    for (const url of ["data:x", "data:;base64,*"])
      await assert.rejects(fetch(url), TypeError, url);
  },
  "blob: URLs are responses, until they are revoked": async () => {
    const url = URL.createObjectURL(new Blob(["abc"], { type: "text/x" }));
    const response = await fetch(url);
    assert.deepEqual(
      [response.headers.get("content-type"), response.headers.get("content-length")],
      ["text/x", "3"],
    );
    assert.equal(await response.text(), "abc");
    await assert.rejects(fetch(url, { method: "POST" }), TypeError);
    URL.revokeObjectURL(url);
    await assert.rejects(fetch(url), TypeError);
  },
  "a connection that is reset rejects": ({ base }) =>
    assert.rejects(fetch(`${base}/reset`), TypeError),
  "a body that is cut off rejects": ({ base }) =>
    assert.rejects(
      fetch(`${base}/cut`).then((response) => response.text()),
      TypeError,
    ),
  "an error is a TypeError with a cause": async () => {
    const error = await rejection(fetch("http://denied.test/"));
    assert.deepEqual([error instanceof TypeError, error.cause instanceof Error], [true, true]);
  },
};
