import assert from "node:assert/strict";
import { test } from "node:test";
import { headerList } from "spin-fetch";
import { responseFromWire, responseToWire } from "../dist/response.js";
import { isFailure, refuses } from "./support.js";

const CONTEXT = { method: "GET", url: "http://a.test/x" };

test("a response has the defaults of the standard", () => {
  const response = new Response();
  const { status, ok, statusText, type, url, redirected, body, bodyUsed } = response;
  assert.deepEqual(
    { status, ok, statusText, type, url, redirected, body, bodyUsed },
    {
      status: 200,
      ok: true,
      statusText: "",
      type: "default",
      url: "",
      redirected: false,
      body: null,
      bodyUsed: false,
    },
  );
  assert.equal(String(response), "[object Response]");
});

test("an empty body adds a content type and no length", () => {
  assert.deepEqual(headerList(new Response("").headers), [
    ["content-type", "text/plain;charset=UTF-8"],
  ]);
});

test("the constructor takes the statuses 200 to 599", () => {
  for (const status of [200, 201, 299, 300, 404, 599, "201", 204.9, 65736]) {
    assert.equal(new Response(null, { status }).status, Math.trunc(Number(status)) % 65536);
  }
  for (const status of [0, 1, 100, 101, 199, 600, 999, 1000, -1, Number.NaN, "x", null, {}]) {
    assert.throws(() => new Response(null, { status }), RangeError, String(status));
  }
});

test("a null body status cannot have a body", () => {
  for (const status of [204, 205, 304]) {
    assert.equal(new Response(null, { status }).body, null);
    assert.equal(new Response(undefined, { status }).body, null);
    for (const body of ["", "x", new ReadableStream()]) {
      assert.throws(() => new Response(body, { status }), TypeError);
    }
  }
});

test("a status text is one line of bytes", () => {
  for (const statusText of ["", "Not Found", "caf\u00e9", "\t"]) {
    assert.equal(new Response(null, { statusText }).statusText, statusText);
  }
  for (const statusText of ["a\nb", "a\r\nx: 1", "\0", "日", "\x7f"]) {
    assert.throws(() => new Response(null, { statusText }), TypeError, statusText);
  }
});

test("Response.error has status 0 and immutable headers", () => {
  const response = Response.error();
  assert.deepEqual([response.type, response.status, response.ok], ["error", 0, false]);
  refuses("invalid-header", () => response.headers.set("a", "1"));
});

test("Response.json writes JSON with its type", async () => {
  const response = Response.json({ a: [1] }, { status: 201, headers: { "x-a": "1" } });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("x-a"), "1");
  assert.deepEqual(await response.json(), { a: [1] });
  const typed = Response.json(1, { headers: { "Content-Type": "application/problem+json" } });
  assert.equal(typed.headers.get("content-type"), "application/problem+json");
  const cycle = {};
  cycle.cycle = cycle;
  for (const value of [undefined, () => {}, Symbol("x"), cycle, 1n]) {
    assert.throws(() => Response.json(value), TypeError);
  }
  assert.throws(() => Response.json(1, { status: 204 }), TypeError);
});

test("Response.redirect sets the location", () => {
  for (const [url, status, want] of [
    ["http://a.test", undefined, "http://a.test/"],
    ["http://a.test/x#y", 301, "http://a.test/x#y"],
    ["/login?next=%2F", 303, "/login?next=%2F"],
    ["/é", 307, "/%C3%A9"],
  ]) {
    const response = Response.redirect(url, status);
    assert.equal(response.headers.get("location"), want);
    assert.equal(response.status, status ?? 302);
    refuses("invalid-header", () => response.headers.set("a", "1"));
  }
  for (const url of ["", "x", "//a.test", "/\t/a.test", "http://[", "x y"]) {
    refuses("invalid-url", () => Response.redirect(url), url);
  }
  for (const status of [200, 300, 304, 0, "x"]) {
    assert.throws(() => Response.redirect("http://a.test/", status), RangeError);
  }
});

test("a response of the network may have every status up to 999", async () => {
  for (const status of [200, 299, 600, 999]) {
    const response = responseFromWire({ status, headers: [], body: new Uint8Array([97]) }, CONTEXT);
    assert.equal(response.status, status);
    assert.equal(response.clone().status, status);
    assert.equal(response.type, "basic");
    assert.equal(response.url, CONTEXT.url);
    refuses("invalid-header", () => response.headers.append("a", "1"));
    refuses("invalid-header", () => response.clone().headers.append("a", "1"));
    assert.equal(await response.text(), "a");
  }
});

test("an invalid wire response is an error", () => {
  for (const status of [0, 99, 100, 101, 199, 1000, 65535]) {
    refuses("invalid-response", () => responseFromWire({ status }, CONTEXT), String(status));
  }
  for (const field of [
    ["a b", "1"],
    ["", "1"],
    ["a", "1\r\nb: 2"],
    ["a", "\0"],
    ["日", "1"],
  ]) {
    const wire = { status: 200, headers: [field] };
    refuses("invalid-response", () => responseFromWire(wire, CONTEXT), field[0]);
  }
});

test("a response without a body has none", async () => {
  const body = new Uint8Array();
  for (const [status, method] of [
    [204, "GET"],
    [205, "GET"],
    [304, "GET"],
    [200, "HEAD"],
  ]) {
    const response = responseFromWire({ status, headers: [], body }, { ...CONTEXT, method });
    assert.equal(response.body, null, `${status} ${method}`);
    assert.equal(await response.text(), "");
  }
  const empty = responseFromWire({ status: 200 }, CONTEXT);
  assert(empty.body instanceof ReadableStream);
  assert.equal(await empty.text(), "");
});

test("a handler's response is converted for the export", async () => {
  const response = new Response("abc", {
    status: 201,
    headers: [
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ],
  });
  assert.deepEqual(await responseToWire(response, "GET"), {
    status: 201,
    headers: [
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
      ["content-type", "text/plain;charset=UTF-8"],
    ],
    body: new TextEncoder().encode("abc"),
  });
  assert.equal((await responseToWire(new Response(null), "GET")).body, undefined);
  await assert.rejects(responseToWire(response, "GET"), (error) =>
    isFailure(error, "invalid-body"),
  );
  await assert.rejects(responseToWire(Response.error(), "GET"), TypeError);
});
