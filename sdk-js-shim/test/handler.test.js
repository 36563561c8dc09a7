import assert from "node:assert/strict";
import { test } from "node:test";
import { createHandler, serve } from "spin-fetch/handler";

const WIRE = { method: "get", uri: "/x", headers: [["host", "app.test"]], params: [] };

/** Returns the log of `callback`. */
async function logOf(context, callback) {
  const error = context.mock.method(console, "error", () => {});
  await callback();
  return error.mock.calls.map((call) => call.arguments.join(" ")).join("\n");
}

/** A module that adds a listener, like a program that imports the SDK first. */
function listen(listener) {
  addEventListener("fetch", listener);
}

test("an app without a handler, or with more than one, is an error", () => {
  for (const app of [
    {},
    { default: {} },
    { default: null },
    { default: () => {} },
    { fetch() {} },
  ]) {
    assert.throws(() => createHandler(app), /the app has no handler: write `export default/);
  }
  const both = { default: { fetch() {} }, handleRequest() {} };
  assert.throws(() => createHandler(both), /more than one handler/);
});

test("fetch and handleRequest receive a Request and return the response", async () => {
  class App {
    #name = "app";
    async fetch(request, environment, context) {
      assert(request instanceof Request);
      assert.deepEqual(environment, {});
      context.waitUntil(Promise.resolve());
      return new Response(`${this.#name} ${request.method} ${request.url}`);
    }
  }
  const handleRequest = (request) => new Response(`app ${request.method} ${request.url}`);
  for (const app of [{ default: new App() }, { handleRequest }]) {
    const wireResponse = await serve(app).handleRequest(WIRE);
    assert.equal(wireResponse.status, 200);
    assert.equal(new TextDecoder().decode(wireResponse.body), "app GET http://app.test/x");
    const response = await createHandler(app)(new Request("http://app.test/x"));
    assert.equal(await response.text(), "app GET http://app.test/x");
  }
});

test("a result that is not a Response is logged, and the response is a 500", async (context) => {
  const used = new Response("x");
  await used.text();
  const locked = new Response("x");
  locked.body.getReader();
  const failing = new Response(
    new ReadableStream({ pull: () => Promise.reject(new Error("midway")) }),
  );
  for (const [value, message] of [
    [undefined, /the handler returned undefined; return a Response/],
    [null, /the handler returned object/],
    ["text", /the handler returned string/],
    [5, /the handler returned number/],
    [{ status: 200, body: "x" }, /the handler returned another object/],
    [used, /was already read; return a clone\(\)/],
    [locked, /a reader has locked it/],
    [failing, /midway/],
    [Response.error(), /Response.error\(\) cannot be sent/],
  ]) {
    const log = await logOf(context, async () => {
      const response = await serve({ handleRequest: () => value }).handleRequest(WIRE);
      assert.deepEqual(response, { status: 500, headers: [], body: undefined });
    });
    assert.match(log, message);
    context.mock.restoreAll();
  }
});

test("an exception is logged with its stack and causes, and not shown to the client", async (context) => {
  async function innerFunction() {
    throw new Error("secret", { cause: new TypeError("deeper", { cause: "deepest" }) });
  }
  const handleRequest = async () => innerFunction();
  const log = await logOf(context, async () => {
    const response = await serve({ handleRequest }).handleRequest(WIRE);
    assert.deepEqual(response, { status: 500, headers: [], body: undefined });
  });
  assert.match(log, /the handler failed: Error: secret/);
  assert.match(log, /at innerFunction/);
  assert.match(log, /caused by: TypeError: deeper/);
  assert.match(log, /caused by: deepest/);
});

test("any thrown value results in a 500", async (context) => {
  const loop = new Error("loop");
  loop.cause = loop;
  for (const thrown of [undefined, null, "text", 5, Symbol("x"), {}, loop, new Error("")]) {
    const handleRequest = () => {
      throw thrown;
    };
    await logOf(context, async () => {
      const { status } = await serve({ handleRequest }).handleRequest(WIRE);
      assert.equal(status, 500, String(thrown?.toString()));
    });
    context.mock.restoreAll();
  }
});

test("an inbound request that Fetch cannot represent is a 400", async (context) => {
  const handleRequest = () => assert.fail("the handler is not called");
  const log = await logOf(context, async () => {
    const headers = [["a b", "1"]];
    const { status } = await serve({ handleRequest }).handleRequest({ ...WIRE, headers });
    assert.equal(status, 400);
  });
  assert.match(log, /the request is invalid; the response is a 400/);
});

test("the response waits for waitUntil, and for promises that are added later; a rejection is logged", async (context) => {
  const steps = [];
  const later = () => new Promise((resolve) => setImmediate(resolve));
  const app = {
    fetch(_request, _environment, { waitUntil, passThroughOnException }) {
      passThroughOnException();
      waitUntil(
        later().then(() => {
          steps.push("first");
          waitUntil(later().then(() => steps.push("second")));
        }),
      );
      waitUntil(Promise.reject(new Error("background")));
      waitUntil(undefined);
      return new Response("x");
    },
  };
  const log = await logOf(context, async () => {
    const { status } = await serve({ default: app }).handleRequest(WIRE);
    assert.equal(status, 200);
    assert.deepEqual(steps, ["first", "second"]);
  });
  assert.match(log, /waitUntil rejected: Error: background/);
});

test("the response waits for waitUntil even if the handler fails", async (context) => {
  let isDone = false;
  const app = {
    fetch(_request, _environment, context) {
      const work = new Promise((resolve) => setImmediate(resolve));
      context.waitUntil(
        work.then(() => {
          isDone = true;
        }),
      );
      throw new Error("fails");
    },
  };
  await logOf(context, () => serve({ default: app }).handleRequest(WIRE));
  assert.equal(isDone, true);
});

// Listeners cannot be removed, so this test is the last one.
test("a listener of fetch responds with respondWith", async (context) => {
  let mode = "respond";
  let isDone = false;
  const other = [];
  addEventListener("other", () => other.push("other"));
  listen((event) => {
    assert.equal(event.type, "fetch");
    if (mode === "nothing") return;
    event.waitUntil(
      new Promise((resolve) => setImmediate(resolve)).then(() => {
        isDone = true;
      }),
    );
    event.respondWith(Promise.resolve(new Response(event.request.url)));
    if (mode === "twice") event.respondWith(new Response("again"));
  });
  listen({
    handleEvent(event) {
      if (mode !== "nothing") assert.fail("the first listener has responded");
      if (event.request.url.endsWith("/second")) event.respondWith(new Response("second"));
    },
  });
  const handler = serve({});
  const response = await handler.handleRequest(WIRE);
  assert.equal(new TextDecoder().decode(response.body), "http://app.test/x");
  assert.equal(isDone, true);
  for (const [next, message] of [
    ["twice", /respondWith was already called/],
    ["nothing", /no listener called event.respondWith/],
  ]) {
    mode = next;
    const log = await logOf(context, async () => {
      assert.equal((await handler.handleRequest(WIRE)).status, 500);
    });
    assert.match(log, message);
    context.mock.restoreAll();
  }
  const second = await handler.handleRequest({ ...WIRE, uri: "/second" });
  assert.equal(new TextDecoder().decode(second.body), "second");
  assert.throws(() => createHandler({ handleRequest() {} }), /more than one handler/);
});
