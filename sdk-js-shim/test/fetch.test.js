import assert from "node:assert/strict";
import { test } from "node:test";
import { headerList } from "spin-fetch";
import { WIRE_ERRORS } from "../dist/error.js";
import { fetchOver, isFailure, streamOf } from "./support.js";

const bytes = (text) => new TextEncoder().encode(text);
const failsWith = (code, what) => (error) => isFailure(error, code, what);

test("a request is passed to the host unchanged, and its response is returned", async () => {
  const { fetch, requests } = fetchOver({
    status: 201,
    headers: [
      ["set-cookie", "a=1"],
      ["x-a", "1"],
      ["x-a", "2"],
    ],
    body: bytes("pong"),
  });
  const response = await fetch("http://a.test/x?y=%20#z", {
    method: "post",
    headers: [
      ["X-A", "1"],
      ["x-a", "2"],
    ],
    body: bytes("ping"),
  });
  assert.deepEqual(requests, [
    {
      method: "post",
      uri: "http://a.test/x?y=%20",
      headers: [
        ["X-A", "1"],
        ["x-a", "2"],
      ],
      params: [],
      body: bytes("ping"),
    },
  ]);
  assert(response instanceof Response);
  assert.equal(response.status, 201);
  assert.equal(response.url, "http://a.test/x?y=%20");
  assert.equal(response.redirected, false);
  assert.equal(response.type, "basic");
  assert.equal(headerList(response.headers).length, 3);
  assert.equal(await response.text(), "pong");
});

test("a body that is a form or a stream is sent whole", async () => {
  const { fetch, requests } = fetchOver();
  await fetch("/", { method: "POST", body: streamOf("a", "bc"), duplex: "half" });
  assert.deepEqual(requests[0].body, bytes("abc"));
  const form = new FormData();
  form.append("a", "1");
  await fetch("/", { method: "POST", body: form });
  const [[name, type]] = requests[1].headers;
  assert.equal(name, "content-type");
  const response = new Response(requests[1].body, { headers: { "content-type": type } });
  assert.equal((await response.formData()).get("a"), "1");
});

test("every invalid call rejects with its code, does not throw, and does not reach the host", async () => {
  const { fetch, requests } = fetchOver();
  const used = new Request("http://a.test/", { method: "POST", body: "x" });
  await used.text();
  for (const [code, input, init] of [
    ["invalid-url", undefined],
    ["invalid-url", ""],
    ["invalid-url", "x"],
    ["invalid-url", "//a.test/x"],
    ["invalid-url", Symbol("x")],
    ["invalid-url", "http://u:p@a.test/"],
    ["invalid-url", "data:no comma"],
    ["invalid-url", "data:;base64,***"],
    ["invalid-url", "blob:null/unknown"],
    ["unsupported-method", "http://a.test/", { method: "a b" }],
    ["unsupported-method", "http://a.test/", { method: "TRACE" }],
    ["unsupported-method", "http://a.test/", { method: "patch" }],
    ["unsupported-method", "http://a.test/", { method: "PURGE" }],
    ["invalid-header", "http://a.test/", { headers: { "a b": "1" } }],
    ["invalid-header", "http://a.test/", { headers: { a: "1\r\nb: 2" } }],
    ["invalid-header", "http://a.test/", { headers: { a: "日" } }],
    ["invalid-header", "http://a.test/", { headers: 5 }],
    ["invalid-body", "http://a.test/", { body: "x" }],
    ["invalid-body", "http://a.test/", { method: "POST", body: new ReadableStream() }],
    ["invalid-body", "http://a.test/", { method: "POST", body: Symbol("x") }],
    ["invalid-body", used],
    ["request-error", "http://a.test/", { redirect: "manual" }],
    ["request-error", "http://a.test/", { redirect: "error" }],
    ["request-error", "http://a.test/", { cache: "only-if-cached", mode: "same-origin" }],
    ["request-error", "http://a.test/", { mode: "bogus" }],
    ["request-error", "http://a.test/", { signal: {} }],
    ["request-error", "http://a.test/", 5],
  ]) {
    const what = `${String(input)} ${JSON.stringify(init)}`;
    const promise = fetch(input, init);
    assert(promise instanceof Promise, what);
    await assert.rejects(promise, failsWith(code, what));
  }
  assert.deepEqual(requests, []);
});

test("an error names method and URL, and shows no user information", async () => {
  const { fetch } = fetchOver(() => {
    throw { payload: "runtime-error" };
  });
  for (const [input, init, method, url] of [
    ["http://a.test/x?y#z", { method: "post" }, "POST", "http://a.test/x?y"],
    ["/x?y#z", {}, "GET", "/x?y"],
    ["http://self/x", {}, "GET", "http://self/x"],
    [new Request("/x", { method: "PUT" }), {}, "PUT", "/x"],
    ["http://user:secret@a.test/x", { method: "PUT" }, "PUT", "http://a.test/x"],
    ["http://user:secret@[/x", {}, "GET", "http://[/x"],
    ["http://a.test/", { method: "GE T" }, "GE T", "http://a.test/"],
    ["http://a.test/", { headers: { "": "" } }, "GET", "http://a.test/"],
  ]) {
    await assert.rejects(fetch(input, init), ({ message, cause }) => {
      assert.deepEqual([cause.method, cause.url], [method, url]);
      assert(message.startsWith(`${method} ${url}: `), message);
      assert.equal(cause.message, message);
      assert.equal(cause.name, "SpinHttpError");
      return true;
    });
  }
});

test("every error of the host has its code and its text", async () => {
  for (const [word, { code, text }] of Object.entries(WIRE_ERRORS)) {
    const { fetch } = fetchOver(() => {
      throw Object.assign(Object.create(null), { payload: word });
    });
    await assert.rejects(fetch("http://a.test/x"), ({ cause, message }) => {
      assert.equal(cause.code, code);
      assert.equal(code, word === "success" ? "invalid-response" : word);
      assert(message.startsWith(`GET http://a.test/x: ${text}`), message);
      return true;
    });
  }
});

test("an unknown error of the host is an invalid response that names the error", async () => {
  for (const thrown of [
    { payload: "new-in-spin-9" },
    { payload: "__proto__" },
    { payload: 5 },
    new Error("glue"),
    "text",
    null,
    undefined,
  ]) {
    const { fetch } = fetchOver(() => {
      throw thrown;
    });
    await assert.rejects(fetch("http://a.test/"), (error) => {
      isFailure(error, "invalid-response", String(thrown));
      assert.equal(error.cause.cause, thrown);
      return true;
    });
  }
});

test("a denial names the entry that would permit the call", async () => {
  const { fetch } = fetchOver(() => {
    throw { payload: "destination-not-allowed" };
  });
  for (const [url, entry] of [
    ["http://a.test/x", 'add "http://a.test" to allowed_outbound_hosts'],
    ["https://a.test:8443/x", 'add "https://a.test:8443" to allowed_outbound_hosts'],
    ["/x", 'add "http://self" to allowed_outbound_hosts (or "self" to allowed_http_hosts'],
    ["ftp://a.test/", "only http and https URLs can be permitted"],
  ]) {
    await assert.rejects(fetch(url), ({ message }) => {
      assert(message.includes(entry), message);
      return true;
    });
  }
});

test("an invalid response of the host is an error", async () => {
  for (const response of [
    { status: 0 },
    { status: 99 },
    { status: 1000 },
    { headers: [["a b", "1"]] },
    { headers: [["a", "1\n"]].map(([name, value]) => [name, `${value}x\ny`]) },
  ]) {
    const { fetch } = fetchOver(response);
    await assert.rejects(fetch("http://a.test/"), failsWith("invalid-response"));
  }
});

test("a body that fails midway is not sent, and its error is the cause", async () => {
  const { fetch, requests } = fetchOver();
  const error = new Error("midway");
  const body = streamOf("a", error);
  await assert.rejects(fetch("/", { method: "POST", body, duplex: "half" }), (thrown) => {
    isFailure(thrown, "invalid-body");
    assert.equal(thrown.cause.cause, error);
    return true;
  });
  const words = new ReadableStream({ start: (controller) => controller.enqueue("text") });
  const init = { method: "POST", body: words, duplex: "half" };
  await assert.rejects(fetch("/", init), failsWith("invalid-body"));
  assert.deepEqual(requests, []);
});

test("an aborted signal rejects with its reason, and nothing is sent", async () => {
  const { fetch, requests } = fetchOver();
  const reason = { why: 1 };
  for (const signal of [AbortSignal.abort(reason), AbortSignal.any([AbortSignal.abort(reason)])]) {
    const given = await fetch("/", { signal }).catch((error) => error);
    assert.equal(given, reason);
    const inherited = await fetch(new Request("/", { signal })).catch((error) => error);
    assert.equal(inherited, reason);
  }
  const plain = await fetch("/", { signal: AbortSignal.abort() }).catch((error) => error);
  assert.equal(plain.name, "AbortError");
  assert.deepEqual(requests, []);
});

test("aborting right after the call prevents the request", async () => {
  const { fetch, requests } = fetchOver();
  const controller = new AbortController();
  const promise = fetch("/", { signal: controller.signal });
  controller.abort("too late");
  assert.equal(await promise.catch((error) => error), "too late");
  assert.deepEqual(requests, []);
});

test("aborting while the body is read prevents the request and cancels the body", async () => {
  const { fetch, requests } = fetchOver();
  const controller = new AbortController();
  let count = 0;
  const body = new ReadableStream({
    pull(stream) {
      count += 1;
      if (count === 2) controller.abort("enough");
      if (count < 4) stream.enqueue(new Uint8Array(1));
      else stream.close();
    },
  });
  const promise = fetch("/", { method: "POST", body, duplex: "half", signal: controller.signal });
  assert.equal(await promise.catch((error) => error), "enough");
  assert.deepEqual(requests, []);
});

/** A host that takes longer than the timeouts of the tests. */
function slow() {
  const start = performance.now();
  while (performance.now() - start < 20);
  return { status: 200 };
}

test("aborting while a chunk of the body is awaited rejects at once, and cancels the body", async () => {
  const { fetch, requests } = fetchOver();
  for (const [what, inputOf] of [
    ["a request", (request) => request],
    ["a request whose stream was taken", (request) => request.body && request],
    ["the stream of another request", ({ method, body }) => ["/", { method, body }]],
  ]) {
    const controller = new AbortController();
    const { signal } = controller;
    const reasons = [];
    const body = new ReadableStream({ cancel: (reason) => reasons.push(reason) });
    const request = new Request("/", { method: "POST", body, duplex: "half" });
    const [input, init] = [inputOf(request)].flat();
    const promise = fetch(input, { ...init, duplex: "half", signal });
    setTimeout(() => controller.abort("enough"), 1);
    assert.equal(await promise.catch((reason) => reason), "enough", what);
    assert.deepEqual(reasons, ["enough"], what);
  }
  assert.deepEqual(requests, []);
});

test("a body that is read after its signal was aborted rejects with the reason", async () => {
  const { fetch } = fetchOver({ body: bytes("abc") });
  for (const read of [
    (response) => response.text(),
    (response) => response.clone().text(),
    (response) => new Response(response.body).text(),
    (response) => response.body.getReader().read(),
  ]) {
    const controller = new AbortController();
    const response = await fetch("/", { signal: controller.signal });
    controller.abort("enough");
    const settled = await read(response).catch((reason) => reason);
    assert.equal(settled, "enough", String(read));
  }
});

test("the stream of a request that cannot be sent is cancelled", async () => {
  const { fetch, requests } = fetchOver();
  for (const init of [{ method: "PURGE" }, { redirect: "manual" }]) {
    const reasons = [];
    const body = new ReadableStream({ cancel: (reason) => reasons.push(reason) });
    const promise = fetch("/", { method: "POST", body, duplex: "half", ...init });
    const error = await promise.catch((error) => error);
    assert(error instanceof TypeError, JSON.stringify(init));
    assert.deepEqual(reasons, [error], JSON.stringify(init));
  }
  assert.deepEqual(requests, []);
});

test("a call that takes longer than AbortSignal.timeout rejects with TimeoutError when it returns", async () => {
  const { fetch } = fetchOver(slow);
  const error = await fetch("/", { signal: AbortSignal.timeout(5) }).catch((error) => error);
  assert.equal(error.name, "TimeoutError");
  assert.equal((await fetch("/", { signal: AbortSignal.timeout(60_000) })).status, 200);
});

test("the error of AbortSignal.timeout is the reason of the signal, and names the call and the time", async () => {
  const { fetch } = fetchOver(slow);
  for (const [what, makeSignal] of [
    ["signal", (signal) => signal],
    ["any", (signal) => AbortSignal.any([new AbortController().signal, signal])],
    ["Request", (signal) => new Request("/", { signal }).signal],
  ]) {
    const signal = makeSignal(AbortSignal.timeout(5));
    const init = { method: "POST", signal };
    const error = await fetch("http://a.test/x#y", init).catch((error) => error);
    assert.equal(error, signal.reason, what);
    assert(error instanceof DOMException, what);
    const text = "POST http://a.test/x: timed out after 5 ms (AbortSignal.timeout)";
    assert.equal(error.message, text, what);
    assert.equal(String(error), `TimeoutError: ${text}`, what);
    await fetch("/again", { signal }).catch(() => {});
    assert.match(
      error.message,
      /^POST http:\/\/a\.test\/x, GET \/again: timed out after 5 ms/,
      what,
    );
    for (const path of ["/again", "/b", "/c", "/d"]) await fetch(path, { signal }).catch(() => {});
    assert.match(
      error.message,
      /^POST http:\/\/a\.test\/x, GET \/again, GET \/b and 2 more: timed/,
    );
  }
  const own = new DOMException("mine", "TimeoutError");
  const signal = AbortSignal.abort(own);
  assert.equal((await fetch("/", { signal }).catch((error) => error)).message, "mine");
});

test("integrity is checked", async () => {
  const { fetch } = fetchOver({ body: bytes("abc") });
  const sha256 = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
  const sha512 =
    "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";
  const wrong = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  for (const integrity of [
    "",
    "unknown-abc",
    sha256,
    `${wrong} ${sha256}`,
    sha512,
    `${wrong}\t${sha512}?option`,
    sha256.replace("+", "-").replace("/", "_"),
  ]) {
    assert.equal(await (await fetch("/", { integrity })).text(), "abc", integrity);
  }
  for (const integrity of [wrong, `${sha256} ${sha512.replace("3a8", "4a8")}`]) {
    await assert.rejects(fetch("/", { integrity }), failsWith("invalid-response", integrity));
  }
});

test("data: URLs are read without the host", async () => {
  const { fetch, requests } = fetchOver();
  for (const [url, type, text] of [
    ["data:,", "text/plain;charset=US-ASCII", ""],
    ["data:,a%20b#c", "text/plain;charset=US-ASCII", "a b"],
    ["data:text/html,<p>%zz", "text/html", "<p>%zz"],
    ["DATA:Text/X;A=B,%C3%A9,", "text/x;a=B", "é,"],
    ["data:;charset=utf-8,x", "text/plain;charset=utf-8", "x"],
    ["data:text/plain;base64,aGVs bG8=", "text/plain", "hello"],
    ["data:;base64,aGVsbG8", "text/plain;charset=US-ASCII", "hello"],
    ["data:x;BASE64,%61GVsbG8=", "text/plain;charset=US-ASCII", "hello"],
    ["data:no type,x", "text/plain;charset=US-ASCII", "x"],
  ]) {
    const response = await fetch(url);
    assert.equal(response.status, 200, url);
    assert.equal(response.headers.get("content-type"), type, url);
    assert.equal(await response.text(), text, url);
  }
  assert.equal((await fetch("data:,x", { method: "HEAD" })).body, null);
  assert.deepEqual(requests, []);
});

test("blob: URLs are read without the host, until they are revoked", async () => {
  const { fetch, requests } = fetchOver();
  const url = URL.createObjectURL(new Blob(["abc"], { type: "text/x" }));
  const response = await fetch(`${url}#fragment`);
  assert.deepEqual(
    [...response.headers],
    [
      ["content-length", "3"],
      ["content-type", "text/x"],
    ],
  );
  assert.equal(await response.text(), "abc");
  await assert.rejects(fetch(url, { method: "POST" }), failsWith("unsupported-method"));
  URL.revokeObjectURL(url);
  await assert.rejects(fetch(url), failsWith("invalid-url"));
  assert.throws(() => URL.createObjectURL("abc"), TypeError);
  assert.deepEqual(requests, []);
});

test("a response can be cloned and both read", async () => {
  const { fetch } = fetchOver({ body: bytes("abc") });
  const response = await fetch("/");
  const clone = response.clone();
  (await clone.bytes()).fill(0);
  assert.equal(await response.text(), "abc");
});

test("a body of 16 MiB is sent and received quickly", async () => {
  const body = new Uint8Array(16 * 1024 * 1024).fill(7);
  const { fetch, requests } = fetchOver((request) => ({ status: 200, body: request.body }));
  const response = await fetch("/", { method: "POST", body });
  assert.equal((await response.bytes()).length, body.length);
  assert.equal(requests[0].body.length, body.length);
});
