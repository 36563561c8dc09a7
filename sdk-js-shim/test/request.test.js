import assert from "node:assert/strict";
import { test } from "node:test";
import "spin-fetch";
import { requestFromWire, requestToWire } from "../dist/request.js";
import { refuses } from "./support.js";

test("a request has the defaults of the standard", () => {
  const request = new Request("http://a.test/x?y#z");
  const { url, method, mode, credentials, cache, redirect, integrity, keepalive } = request;
  assert.deepEqual(
    { url, method, mode, credentials, cache, redirect, integrity, keepalive },
    {
      url: "http://a.test/x?y#z",
      method: "GET",
      mode: "cors",
      credentials: "same-origin",
      cache: "default",
      redirect: "follow",
      integrity: "",
      keepalive: false,
    },
  );
  const { referrer, referrerPolicy, destination, duplex, body, bodyUsed, signal } = request;
  assert.deepEqual(
    { referrer, referrerPolicy, destination, duplex, body, bodyUsed },
    {
      referrer: "about:client",
      referrerPolicy: "",
      destination: "",
      duplex: "half",
      body: null,
      bodyUsed: false,
    },
  );
  assert.equal(signal.aborted, false);
  assert.equal(request.signal, signal);
  assert.equal(request.isHistoryNavigation || request.isReloadNavigation, false);
  assert.equal(String(request), "[object Request]");
});

test("URLs are parsed as the URL Standard does, and /path is the own application", () => {
  for (const [input, want] of [
    [" http://A.test:80/%7e/../b c ", "http://a.test/b%20c"],
    ["http://a.test", "http://a.test/"],
    ["https:a.test/x", "https://a.test/x"],
    [new URL("http://a.test/x"), "http://a.test/x"],
    [{ toString: () => "http://a.test/x" }, "http://a.test/x"],
    ["/x?y#z", "http://self/x?y#z"],
    ["/", "http://self/"],
    ["/..//x", "http://self//x"],
    ["http://a.test/\ud800", "http://a.test/%EF%BF%BD"],
    ["data:,x", "data:,x"],
  ]) {
    assert.equal(new Request(input).url, want, String(input));
  }
});

test("an invalid URL is an error", () => {
  const inputs = [
    "",
    "*",
    "x",
    "a.test",
    "//a.test/",
    "/\\a.test/",
    "/\t/a.test/",
    "/\n\\a.test/",
    "/\r\n/self/x",
    "//self/x",
    "http://",
    "http://:80/",
    "http://[::1/",
    "http://a.test:99999/",
    "http://a b/",
    undefined,
    null,
    {},
    Symbol("x"),
  ];
  for (const input of inputs) refuses("invalid-url", () => new Request(input), String(input));
  assert.throws(() => new Request(), TypeError);
});

test("user information is an error that does not contain it", () => {
  for (const url of ["http://user@a.test/", "http://user:pw@a.test/", "http://:pw@a.test/"]) {
    refuses("invalid-url", () => new Request(url), url);
    assert.throws(
      () => new Request(url),
      (error) => !/user:|pw/.test(error.message),
    );
  }
  assert.equal(new Request("http://@a.test/").url, "http://a.test/");
});

test("six methods are converted to upper case, and others are not", () => {
  for (const [method, want] of [
    ["get", "GET"],
    ["Post", "POST"],
    ["pUt", "PUT"],
    ["delete", "DELETE"],
    ["head", "HEAD"],
    ["options", "OPTIONS"],
    ["patch", "patch"],
    ["PATCH", "PATCH"],
    ["chicken", "chicken"],
    [undefined, "GET"],
  ]) {
    assert.equal(new Request("http://a.test/", { method }).method, want);
  }
});

test("a forbidden method is an error, and so is one that is not a token", () => {
  for (const method of [
    "CONNECT",
    "trace",
    "Track",
    "",
    "a b",
    "GET /x HTTP/1.1\r\nx: 1\r\n\r\nGET",
    "é",
    "日",
    null && "",
    Symbol("GET"),
  ]) {
    if (method === null) continue;
    refuses("unsupported-method", () => new Request("http://a.test/", { method }), String(method));
  }
});

test("an option with an unknown value is an error", () => {
  const words = {
    mode: ["same-origin", "no-cors", "cors"],
    credentials: ["omit", "same-origin", "include"],
    cache: ["default", "no-store", "reload", "no-cache", "force-cache"],
    redirect: ["follow", "error", "manual"],
    referrerPolicy: ["", "origin", "unsafe-url", "no-referrer"],
  };
  for (const [name, values] of Object.entries(words)) {
    for (const value of values) {
      assert.equal(new Request("http://a.test/", { [name]: value })[name], value);
    }
    for (const value of ["bogus", " ", null, 1, {}, Symbol("x")]) {
      const what = `${name}: ${String(value)}`;
      refuses("request-error", () => new Request("http://a.test/", { [name]: value }), what);
    }
  }
  for (const init of [
    { mode: "navigate" },
    { cache: "only-if-cached" },
    { window: {} },
    { referrer: "http://[" },
    { priority: "urgent" },
    { duplex: "full" },
    { signal: {} },
    { signal: "abort" },
    { keepalive: true, method: "POST", body: new ReadableStream(), duplex: "half" },
  ]) {
    assert.throws(() => new Request("http://a.test/", init), TypeError, JSON.stringify(init));
  }
  for (const init of [1, "x", true, Symbol("x")]) {
    assert.throws(() => new Request("http://a.test/", init), TypeError);
  }
  const accepted = { window: null, signal: null, priority: "high", keepalive: 1, integrity: 5 };
  const request = new Request("http://a.test/", accepted);
  assert.equal(request.keepalive, true);
  assert.equal(request.integrity, "5");
  assert.equal(new Request("http://a.test/", { referrer: "" }).referrer, "");
  assert.equal(
    new Request("http://a.test/", { referrer: "http://b.test/" }).referrer,
    "about:client",
  );
  assert.equal(
    new Request("http://a.test/", { cache: "only-if-cached", mode: "same-origin" }).cache,
    "only-if-cached",
  );
});

test("GET and HEAD have no body", () => {
  for (const method of ["GET", "HEAD", "get", undefined]) {
    for (const body of ["", "x", new Uint8Array(), new URLSearchParams()]) {
      refuses("invalid-body", () => new Request("http://a.test/", { method, body }), method);
    }
    assert.equal(new Request("http://a.test/", { method, body: null }).body, null);
  }
  const post = new Request("http://a.test/", { method: "POST", body: "x" });
  refuses("invalid-body", () => new Request(post, { method: "GET" }));
  assert.equal(post.bodyUsed, false);
});

test("a stream as body needs duplex", () => {
  const init = { method: "POST", body: new ReadableStream() };
  refuses("invalid-body", () => new Request("http://a.test/", init));
  assert(new Request("http://a.test/", { ...init, duplex: "half" }).body instanceof ReadableStream);
});

test("a request made from a request takes its body and copies the rest", async () => {
  const first = new Request("/x", {
    method: "PUT",
    body: "abc",
    headers: { a: "1" },
    cache: "no-store",
  });
  const second = new Request(first, { headers: { b: "2" } });
  assert.equal(first.bodyUsed, true);
  assert.equal(second.method, "PUT");
  assert.equal(second.url, "http://self/x");
  assert.equal(second.cache, "no-store");
  assert.deepEqual([...second.headers], [["b", "2"]]);
  assert.equal(await second.text(), "abc");
  assert.throws(() => new Request(first), TypeError);
  assert.throws(() => new Request(second), TypeError);
  const replaced = new Request(first, { body: "new" });
  assert.equal(await replaced.text(), "new", "a body of its own needs none of the first");
});

test("an inbound request can be the options of another request", async () => {
  const inbound = requestFromWire({
    method: "post",
    uri: "/x",
    headers: [
      ["x-a", "1"],
      ["x-a", "2"],
    ],
    params: [],
    body: new TextEncoder().encode("abc"),
  });
  const onward = new Request("http://a.test/y", inbound);
  const wire = await requestToWire(onward);
  assert.deepEqual(wire, {
    method: "post",
    uri: "http://a.test/y",
    headers: [
      ["x-a", "1"],
      ["x-a", "2"],
    ],
    params: [],
    body: new TextEncoder().encode("abc"),
  });
});

test("a clone is independent, and a used request cannot be cloned", async () => {
  const request = new Request("/x", { method: "POST", body: "abc", headers: { a: "1" } });
  const clone = request.clone();
  clone.headers.set("a", "2");
  assert.equal(request.headers.get("a"), "1");
  assert.equal(clone.url, request.url);
  assert.equal(await clone.text(), "abc");
  assert.equal(request.bodyUsed, false);
  assert.equal(await request.text(), "abc");
  assert.throws(() => request.clone(), TypeError);
});

test("the signal follows the one that was passed", () => {
  const controller = new AbortController();
  const request = new Request("http://a.test/", { signal: controller.signal });
  const clone = request.clone();
  const { signal } = request;
  assert.notEqual(signal, controller.signal);
  controller.abort("why");
  assert.equal(signal.reason, "why");
  assert.equal(clone.signal.reason, "why");
  const without = new Request(request, { signal: null });
  assert.equal(without.signal.aborted, false);
});

test("a request is converted for the import", async () => {
  for (const [input, init, want] of [
    ["http://a.test/x?y=1#z", {}, { method: "get", uri: "http://a.test/x?y=1", body: undefined }],
    ["/x?y=1#z", {}, { method: "get", uri: "/x?y=1", body: undefined }],
    ["http://self/x", {}, { method: "get", uri: "/x", body: undefined }],
    ["https://self/x", {}, { method: "get", uri: "/x", body: undefined }],
    ["http://self:81/x", {}, { method: "get", uri: "http://self:81/x", body: undefined }],
    ["http://a.test/", { method: "POST", body: "" }, { method: "post", body: new Uint8Array() }],
    ["http://a.test/", { method: "POST" }, { method: "post", body: undefined }],
    ["http://a.test/", { method: "PATCH" }, { method: "patch" }],
    ["http://a.test/", { cache: "no-cache" }, { headers: [["cache-control", "max-age=0"]] }],
    [
      "http://a.test/",
      { cache: "no-store", headers: { Pragma: "x" } },
      {
        headers: [
          ["Pragma", "x"],
          ["cache-control", "no-cache"],
        ],
      },
    ],
  ]) {
    const wire = await requestToWire(new Request(input, init));
    for (const [name, value] of Object.entries(want)) assert.deepEqual(wire[name], value, input);
    assert.deepEqual(wire.params, []);
  }
});

test("an unsupported method is an error before the body is read", async () => {
  for (const method of ["patch", "PURGE", "constructor", "__proto__"]) {
    const request = new Request("http://a.test/", { method, body: "x" });
    await assert.rejects(requestToWire(request), (error) => {
      assert.equal(error.cause.code, "unsupported-method");
      if (method === "patch") assert.match(error.message, /use PATCH/);
      return true;
    });
    assert.equal(request.bodyUsed, false);
  }
});

test("an inbound request has the URL that the host reports", async () => {
  const body = new TextEncoder().encode("abc");
  for (const [uri, headers, want] of [
    ["/a?b", [["host", "app.test:8080"]], "http://app.test:8080/a?b"],
    ["/a?b", [], "http://localhost/a?b"],
    ["*", [["host", "app.test:8080"]], "http://app.test:8080/*"],
    ["*", [], "http://localhost/*"],
    ["*", [["spin-full-url", "https://app.test*"]], "https://app.test/*"],
    ["*", [["spin-full-url", "https://app.test/*"]], "https://app.test/*"],
    ["/a", [["host", "["]], "http://localhost/a"],
    ["/a", [["host", "user:pw@evil.test"]], "http://localhost/a"],
    ["//x/y", [["host", "app.test"]], "http://app.test//x/y"],
    [
      "/a",
      [
        ["host", "x.test"],
        ["spin-full-url", "https://app.test/a?q"],
      ],
      "https://app.test/a?q",
    ],
    // A client has sent the first; Spin appends its own.
    [
      "/a",
      [
        ["spin-full-url", "https://forged.test/"],
        ["Spin-Full-Url", "https://app.test/a?q"],
      ],
      "https://app.test/a?q",
    ],
  ]) {
    const request = requestFromWire({ method: "post", uri, headers, params: [], body });
    assert.equal(request.url, want);
    assert.equal(request.method, "POST");
    assert.equal(await request.text(), "abc");
  }
});

test("an inbound GET has no body, and an empty body counts as no body", () => {
  const wire = { uri: "/", headers: [], params: [] };
  for (const [method, body] of [
    ["get", new Uint8Array([1])],
    ["head", new Uint8Array()],
    ["post", new Uint8Array()],
    ["delete", undefined],
  ]) {
    assert.equal(requestFromWire({ ...wire, method, body }).body, null, method);
  }
});
