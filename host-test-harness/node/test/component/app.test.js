// Applications, their mocks and their bodies, with a guest of each backend.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  App,
  any,
  get,
  HarnessError,
  json,
  Mocks,
  post,
  stalled,
  status,
  text,
  UnmetMocksError,
} from "spin-harness";
import { EXPECTATIONS, RESPONSES } from "../built-mocks.js";
import { component } from "./guest.js";

/** Building and compiling the guests takes long, and other processes may compile too. */
const BUILD = { timeout: 300_000 };
const LIMITED = { timeout: 60_000 };
const BACKENDS = ["spin", "wasi-http"];
const PRICE = get("https://api.test/price").query("sku", "7");
const bytesOf = (text) => new TextEncoder().encode(text);
const components = {};
/** An application of each backend without mocks. */
const apps = {};

before(async () => {
  for (const backend of BACKENDS) {
    components[backend] = await component("shop", backend);
    apps[backend] = await load(backend);
  }
}, BUILD);
after(async () => {
  for (const app of Object.values(apps)) await app.close();
});

/** Loads the guest, which may call its upstream. */
function load(backend, options) {
  const allowedOutboundHosts = ["https://api.test"];
  return App.load({ component: components[backend], allowedOutboundHosts, ...options });
}

async function errorOf(promise) {
  return await promise.then(
    () => assert.fail("it does not reject"),
    (error) => error,
  );
}

for (const backend of BACKENDS) {
  test(
    `component: over ${backend}, a mock answers, and what arrived is known`,
    LIMITED,
    async () => {
      const mocks = new Mocks().expect(PRICE.named("price"), json({ price: 3 }));
      const app = await load(backend, { mocks });
      assert.deepEqual(app.components, [`shop-${backend}`]);
      const response = await app.fetch("/buy/7");
      assert(response instanceof Response);
      assert.equal(response.headers.get("content-type"), "application/json");
      assert.deepEqual(await response.json(), { sku: "7", price: 3 });
      const [received, ...others] = await mocks.received();
      assert.equal(others.length, 0);
      assert.equal(received.headers.get("authorization"), "Bearer t");
      const { component, hop, method, url, mock, body } = received;
      assert.deepEqual(
        { component, hop, method, url, mock, body },
        {
          component: `shop-${backend}`,
          hop: 0,
          method: "GET",
          url: "https://api.test/price?sku=7",
          mock: "price",
          body: new Uint8Array(),
        },
      );
      await mocks.verify();
      const { calls } = await app.report();
      assert.deepEqual(calls[0].via, { kind: "mock", name: "price" });
      assert.deepEqual(calls[0].outcome, { kind: "response", status: 200, bodyBytes: 11 });
      await app.close();
      await app[Symbol.asyncDispose]();
      assert.equal((await errorOf(app.fetch("/buy/7"))).kind, "app-closed");
      assert.equal((await errorOf(app.sweep("/buy/7"))).kind, "app-closed");
      assert.equal((await errorOf(app.report())).kind, "app-closed");
    },
  );

  test(`component: over ${backend}, a function of the test answers`, LIMITED, async () => {
    const mocks = new Mocks().expect(post("https://api.test/order"), async (request) => {
      await null;
      const { sku } = request.json();
      return text(`ordered ${sku}`).status(201).header("x-a", request.headers.get("x-a"));
    });
    const app = await load(backend, { mocks });
    const init = { method: "POST", body: '{"sku":7}', headers: { "x-a": "1" } };
    const response = await app.fetch("/forward", init);
    const got = [response.status, await response.text(), response.headers.get("x-a")];
    assert.deepEqual(got, [201, "ordered 7", "1"]);
    await mocks.verify();
    await app.close();
  });

  test(
    `component: over ${backend}, a request has its method, URL, fields and body`,
    LIMITED,
    async () => {
      const app = apps[backend];
      for (const [input, init, want] of [
        ["/echo/a%20b?c=%2F#d", undefined, ["GET", "/echo/a%20b?c=%2F", ""]],
        ["echo/relative", undefined, ["GET", "/echo/relative", ""]],
        [new URL("http://shop.test/echo"), { method: "PUT", body: "ä" }, ["PUT", "/echo", "ä"]],
        [
          new Request("http://shop.test/echo", { method: "POST", body: "b" }),
          {},
          ["POST", "/echo", "b"],
        ],
        ["/echo", { method: "POST", body: new Blob(["blob"]) }, ["POST", "/echo", "blob"]],
        [
          "/echo",
          { method: "POST", body: new URLSearchParams({ a: "&" }) },
          ["POST", "/echo", "a=%26"],
        ],
      ]) {
        const response = await app.fetch(input, init);
        const { pathname, search } = new URL(response.headers.get("x-url"));
        const method = response.headers.get("x-method");
        assert.deepEqual([method, pathname + search, await response.text()], want);
      }
    },
  );

  test(
    `component: over ${backend}, fields keep their bytes and their number`,
    LIMITED,
    async () => {
      const utf8 = Buffer.from("é €").toString("latin1");
      const response = await apps[backend].fetch("/headers", { headers: { "x-sent": utf8 } });
      assert.deepEqual([response.status, response.body], [204, null]);
      assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
      assert.equal(response.headers.get("x-text"), utf8);
      assert.equal(response.headers.get("x-got"), utf8);
      assert.deepEqual([...(await response.trailers)], []);
    },
  );

  test(`component: over ${backend}, a response without a body ends`, LIMITED, async () => {
    const response = await apps[backend].fetch("/status/404", { method: "HEAD" });
    assert.deepEqual([response.status, response.body], [404, null]);
    await response.trailers;
  });

  test(
    `component: over ${backend}, a body of 5 MB arrives whole, in both directions`,
    LIMITED,
    async () => {
      const body = bytesOf("0123456789".repeat(500_000));
      const stream = new Blob([body]).stream();
      for (const init of [{ body }, { body: stream, duplex: "half" }]) {
        const response = await apps[backend].fetch("/echo", { method: "POST", ...init });
        assert.deepEqual(Buffer.from(await response.arrayBuffer()).compare(body), 0);
      }
    },
  );

  test(`component: over ${backend}, requests run at the same time`, LIMITED, async () => {
    const paths = Array.from({ length: 20 }, (_, n) => `/echo?n=${n}`);
    const responses = await Promise.all(paths.map((path) => apps[backend].fetch(path)));
    const got = responses.map((response) => new URL(response.headers.get("x-url")).search);
    assert.deepEqual(
      got,
      paths.map((path) => path.slice("/echo".length)),
    );
    for (const response of responses) await response.text();
  });

  test(
    `component: over ${backend}, a limit that is exceeded is an error with what the guest said`,
    LIMITED,
    async () => {
      const app = await load(backend, { limits: { wallTimeMs: 1000 } });
      const error = await errorOf(app.fetch("/loop"));
      assert(error instanceof HarnessError, error);
      assert.equal(error.kind, "wall-time-reached");
      assert.match(error.message, /exceeded the wall-time limit of 1s/);
      assert.match(error.guestStderr, /^it loops$/m);
      assert.match(error.stack, /\n {4}at .*app\.test\.js:\d+.*\n[\s\S]*it loops/);
      await app.close();
    },
  );

  test(`component: over ${backend}, waiting takes no virtual time`, LIMITED, async () => {
    const mocks = new Mocks().expect(PRICE, [json({ price: 3 }).delay(20_000), stalled()]);
    const app = await load(backend, { mocks, virtualTime: true });
    const body = () => new Blob(["a"]).stream();
    const init = { method: "POST", body: body(), duplex: "half" };
    assert.equal(await (await app.fetch("/echo", init)).text(), "a");
    const began = performance.now();
    assert.equal((await app.fetch("/buy/7")).status, 200);
    const late = await app.fetch("/buy/7");
    assert.deepEqual([late.status, await late.text()], [503, "no price\n"]);
    assert(performance.now() - began < 20_000);
    assert.equal((await late.trailers).has("x"), false);
    await mocks.verify();
    await app.close();
  });

  test(`component: over ${backend}, a sweep fails each call in each way`, LIMITED, async () => {
    const mocks = new Mocks().expect(PRICE, json({ price: 3 }));
    const app = await load(backend, { mocks, virtualTime: true });
    const { response, runs } = await app.sweep("/buy/7");
    assert.deepEqual(await response.json(), { sku: "7", price: 3 });
    const refused = runs.find(({ fault }) => fault === "refused");
    assert.deepEqual(refused, {
      call: {
        component: `shop-${backend}`,
        method: "GET",
        url: "https://api.test/price?sku=7",
        number: 1,
      },
      fault: "refused",
      answer: "server-error",
      status: 503,
      message: null,
      isProblem: false,
    });
    // The guest does not catch that the body is no JSON.
    const problems = runs.filter(({ isProblem }) => isProblem);
    assert(problems.length < runs.length && runs.length > 10, JSON.stringify(runs));
    await app.close();
  });
}

test(
  "component: over wasi-http, bodies stream in both directions at the same time",
  LIMITED,
  async () => {
    let send;
    const body = new ReadableStream({
      start(controller) {
        send = controller;
      },
    });
    const response = await apps["wasi-http"].fetch("/echo", {
      method: "POST",
      body,
      duplex: "half",
    });
    const reader = response.body.getReader();
    for (const piece of ["one", "two"]) {
      send.enqueue(bytesOf(piece));
      assert.deepEqual(await reader.read(), { done: false, value: bytesOf(piece) });
    }
    send.close();
    assert.equal((await reader.read()).done, true);
    await response.trailers;
  },
);

test(
  "component: over wasi-http, a body can be read into a buffer of the test",
  LIMITED,
  async () => {
    const response = await apps["wasi-http"].fetch("/status/200");
    const reader = response.body.getReader({ mode: "byob" });
    const { value } = await reader.read(new Uint8Array(2));
    assert.deepEqual(value, bytesOf("bo"));
    assert.deepEqual((await reader.read(new Uint8Array(10))).value, bytesOf("dy"));
    assert.equal((await reader.read(new Uint8Array(1))).done, true);
  },
);

test(
  "component: over wasi-http, a body that fails is an error of reading it",
  LIMITED,
  async () => {
    const response = await apps["wasi-http"].fetch("/fails");
    assert.equal(response.status, 200);
    const error = await errorOf(response.text());
    assert(error instanceof HarnessError, error);
    assert.match(error.message, /did not finish its response body/);
    assert.match(error.stack, /\n {4}at .*app\.test\.js:/);
    assert.equal(await errorOf(response.trailers), error);
  },
);

for (const backend of BACKENDS) {
  test(
    `component: over ${backend}, the report of a request that was cancelled has its calls`,
    LIMITED,
    async () => {
      const controller = new AbortController();
      const mocks = new Mocks().expect(PRICE, () => {
        controller.abort(new Error("seen enough"));
        return stalled();
      });
      const app = await load(backend, { mocks });
      const error = await errorOf(app.fetch("/buy/7", { signal: controller.signal }));
      assert.equal(error.message, "seen enough");
      const { calls } = await app.report();
      assert.deepEqual(
        calls.map(({ outcome }) => outcome.kind),
        ["abandoned"],
      );
      await app.close();
    },
  );
}

test(
  "component: over wasi-http, a request is cancelled by its signal or by its body",
  LIMITED,
  async () => {
    const app = await load("wasi-http");
    const controller = new AbortController();
    const response = await app.fetch("/endless", { signal: controller.signal });
    const reader = response.body.getReader();
    assert.deepEqual((await reader.read()).value, bytesOf("tick\n"));
    controller.abort(new Error("seen enough"));
    assert.equal((await errorOf(reader.closed)).message, "seen enough");
    assert.equal((await errorOf(response.trailers)).message, "seen enough");

    const other = await app.fetch("/endless");
    await other.body.cancel(new Error("enough of it"));
    assert.equal((await errorOf(other.trailers)).message, "enough of it");

    const request = new Request("http://shop.test/wait/50000", { signal: AbortSignal.timeout(50) });
    assert.equal((await errorOf(app.fetch(request))).name, "TimeoutError");

    const waiting = app.fetch("/wait/50000");
    const reading = (await app.fetch("/endless")).text();
    const errors = Promise.all([waiting, reading].map(errorOf));
    await app.close();
    for (const { kind } of await errors) assert.equal(kind, "app-closed");
  },
);

test(
  "component: over wasi-http, a request body that is not read, or fails, ends",
  LIMITED,
  async () => {
    const app = apps["wasi-http"];
    let cancelled;
    const isCancelled = new Promise((resolve) => {
      cancelled = resolve;
    });
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(100_000)),
      cancel: () => cancelled(),
    });
    const init = { method: "POST", duplex: "half" };
    const response = await app.fetch("/ignore", { ...init, body: endless });
    assert.equal(await response.text(), "the body was not read\n");
    await isCancelled;

    const failing = new ReadableStream({
      start: (controller) => controller.enqueue(bytesOf("a")),
      pull: (controller) => controller.error(new Error("the source fails")),
    });
    const failed = app.fetch("/echo", { ...init, body: failing });
    const error = await errorOf(failed.then((response) => response.text()));
    assert.equal(error.message, "the source fails");

    const ofText = new ReadableStream({ start: (controller) => controller.enqueue("text") });
    const refused = app.fetch("/echo", { ...init, body: ofText });
    const typeError = await errorOf(refused.then((response) => response.text()));
    assert(typeError instanceof TypeError, typeError);
  },
);

test(
  "component: an unmet expectation and an unexpected call are errors of verify",
  LIMITED,
  async () => {
    const mocks = new Mocks().expect(post("https://api.test/order"), status(201));
    const app = await load("spin", { mocks });
    assert.equal((await app.fetch("/buy/7")).status, 503);
    const error = await errorOf(mocks.verify());
    assert(error instanceof UnmetMocksError, error);
    assert.match(error.message, /^2 expectations of the mocks failed:\n- .*\n- /);
    const reasons = error.reasons.join("\n");
    assert.match(reasons, /`POST https:\/\/api\.test\/order` was called 0 times, want at least 1/);
    assert.match(reasons, /no mock matches GET https:\/\/api\.test\/price\?sku=7/);
    await app.close();
  },
);

test(
  "component: what a function of the test throws fails the call, and is the cause of verify's error",
  LIMITED,
  async () => {
    const thrown = new Error("the test's own mistake");
    for (const [respond, message] of [
      [
        () => {
          throw thrown;
        },
        /failed: the test's own mistake/,
      ],
      [
        () => undefined,
        /failed: the function that answers a mock returned undefined; return a response such as json\(…\)/,
      ],
      [() => status(99), /returned an invalid response: .*`status = 99` is not from 200 to 999/],
    ]) {
      const mocks = new Mocks().expect(any(), respond);
      const app = await load("spin", { mocks });
      assert.equal((await app.fetch("/buy/7")).status, 503);
      const error = await errorOf(mocks.verify());
      assert.match(error.message, message);
      if (error.cause instanceof Error && error.cause.message === thrown.message) {
        assert.equal(error.cause, thrown);
      }
      await app.close();
    }
  },
);

test(
  "component: an expectation that the harness refuses is the error of every call after it, at its place",
  LIMITED,
  async () => {
    const mocks = new Mocks();
    const app = await load("spin", { mocks });
    mocks.expect(get("nope"), status(200));
    const stack = new Error().stack.split("\n")[1];
    const line = Number(/:(\d+):\d+\)?$/.exec(stack)[1]) - 1;
    const calls = [
      () => app.fetch("/buy/7"),
      () => app.sweep("/buy/7"),
      () => mocks.received(),
      () => mocks.state(),
      () => mocks.verify(),
      () => load("spin", { mocks }),
    ];
    for (const call of calls) {
      const error = await errorOf(call());
      assert.equal(error.kind, "invalid-mock");
      assert.match(error.message, /`request\.url`: `nope` is not a URL to match/);
      assert.match(error.stack, new RegExp(`^HarnessError: .*\\n +at .*app\\.test\\.js:${line}:`));
    }
    await app.close();
  },
);

test(
  "component: mocks have a state, a seed, a file, and may let calls through",
  LIMITED,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "spin-harness-"));
    const file = join(folder, "mocks.toml");
    await writeFile(
      file,
      '[[mock]]\nwhen_state = "open"\nthen_state = "sold"\nresponse = { json = { price = 4 } }\n',
    );
    const mocks = Mocks.fromFile(pathToFileURL(file), { state: "open" });
    mocks.expect(PRICE.whenState("sold"), status(404));
    const app = await load("spin", { mocks });
    assert.equal(await mocks.state(), "open");
    assert.deepEqual(await (await app.fetch("/buy/7")).json(), { sku: "7", price: 4 });
    assert.equal(await mocks.state(), "sold");
    assert.equal((await app.fetch("/buy/7")).status, 503);
    await mocks.verify();
    await app.close();
    await rm(folder, { recursive: true });

    const missing = await errorOf(Mocks.fromFile(file).verify());
    assert.equal(missing.kind, "invalid-mock");
    assert(missing.message.includes(file), missing.message);
    const network = new Mocks({ unmatched: "network", seed: 7 });
    await network.verify();
  },
);

test("component: the harness accepts what every builder makes", LIMITED, async () => {
  const mocks = new Mocks();
  for (const [expectation] of EXPECTATIONS) mocks.expect(expectation, status(200));
  for (const [response] of RESPONSES) mocks.expect(any().times({ atLeast: 0 }), response);
  const error = await errorOf(mocks.verify());
  assert(error instanceof UnmetMocksError, error);
  assert.match(error.message, /was called 0 times/);
});

test("component: an invalid option or request is an error that names it", LIMITED, async () => {
  for (const [options, message] of [
    [undefined, "App.load(options): undefined is not an object of options"],
    [
      { manfest: "." },
      "App.load(options): unknown option `manfest`; the options are manifest, component, only, componentFiles, build, allowedOutboundHosts, variables, environment, limits, mocks, record, replay, virtualTime",
    ],
    [
      { component: 7 },
      "App.load(options): component: 7 is not a path; pass a string or a file URL",
    ],
    [
      { component: "a", mocks: {} },
      "App.load(options): `mocks` is not an object of the class Mocks",
    ],
    [
      { manifest: ".", componentFiles: { a: null } },
      'App.load(options): componentFiles["a"]: null is not a path; pass a string or a file URL',
    ],
    [
      { component: "a", limits: { wall_time_ms: 5 } },
      "App.load(options): limits: unknown option `wall_time_ms`; the options are wallTimeMs, memoryBytes, requestBodyBytes, responseBodyBytes, headerSectionBytes, headerFields, connectTimeoutMs, responseTimeoutMs, redirects, selfCallDepth, outboundCalls, connectionsPerUpstream, instances",
    ],
    [
      { component: "a", limits: { wallTimeMs: Number.POSITIVE_INFINITY } },
      "App.load(options): limits.wallTimeMs: Infinity is not a whole number from 0 on",
    ],
    [
      { component: "a", limits: { redirects: -1 } },
      "App.load(options): limits.redirects: -1 is not a whole number from 0 on",
    ],
    [
      { component: "a", record: { path: "calls.har" } },
      "App.load(options): record: unknown option `path`; the options are file, mode",
    ],
    [{ component: "a", record: 7 }, "App.load(options): record: 7 is not an object of options"],
  ]) {
    const error = await errorOf(App.load(options));
    assert.deepEqual([error.name, error.message], ["TypeError", message]);
  }
  const wrongType = await errorOf(load("spin", { environment: { A: 7 } }));
  assert.match(wrongType.message, /environment.*7/);

  for (const [input, init, message] of [
    ["http://[", undefined, '"http://[" is neither a path, such as /buy/7, nor a URL'],
    ["/", { method: "GET /" }, /method/],
    ["/", { body: "a" }, /GET\/HEAD method cannot have body/],
    ["/", { headers: { "a b": "c" } }, /a b/],
  ]) {
    await assert.rejects(apps.spin.fetch(input, init), { name: "TypeError", message });
  }
});

test("component: fetch needs no `this`", LIMITED, async () => {
  const { fetch } = apps.spin;
  assert.equal(await (await fetch("/status/200")).text(), "body");
});

test("component: a report has what the components wrote", LIMITED, async () => {
  const app = await load("wasi-http");
  await (await app.fetch("/log")).text();
  await (await app.fetch("/denied")).text();
  const { stdout, stderr, calls } = await app.report();
  assert.match(stdout, /^to stdout$/m);
  assert.match(stderr, /^to stderr$/m);
  const [{ url, rule, via, outcome }] = calls;
  assert.deepEqual([url, rule, via], ["https://denied.test/", null, null]);
  assert.deepEqual([outcome.kind, outcome.errorCode], ["failed", "HTTP-request-denied"]);
  await app.close();
});
