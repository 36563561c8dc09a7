import assert from "node:assert/strict";
import { test } from "node:test";
import { environment, fetch as fetchOfPackage } from "spin-fetch";
import { MockAgent } from "spin-fetch/testing";
import { isFailure } from "./support.js";

const swallow = (promise) => promise.catch(() => {});

test("a mock responds with a response or an error", async () => {
  const agent = new MockAgent()
    .on({ url: "http://a.test" }, { status: 418, headers: { "x-a": "1" }, body: "short" })
    .on({ url: "/own", method: "POST", json: { a: 1 } }, { json: [1] })
    .on({ url: /bytes$/, headers: { "x-b": "2" } }, { body: new Uint8Array([1, 2]) })
    .on({ url: "http://a.test/denied" }, { error: "destination-not-allowed" })
    .on({ url: "http://a.test/echo", method: "PUT", body: "ping" }, (call) => ({
      body: `${call.method} ${new TextDecoder().decode(call.body)}`,
    }));
  const result = await agent.run(async () => {
    const teapot = await fetch("http://a.test/");
    assert.deepEqual([teapot.status, await teapot.text()], [418, "short"]);
    assert.equal(teapot.headers.get("x-a"), "1");
    const own = await fetch("/own", { method: "POST", body: '{ "a": 1 }' });
    assert.equal(own.headers.get("content-type"), "application/json");
    assert.deepEqual(await own.json(), [1]);
    const bytes = await fetch("http://a.test/bytes", { headers: { "X-B": "2" } });
    assert.deepEqual(await bytes.bytes(), new Uint8Array([1, 2]));
    const error = await fetch("http://a.test/denied").catch((error) => error);
    assert.equal(error.cause.code, "destination-not-allowed");
    const echo = await fetch("http://a.test/echo", { method: "PUT", body: "ping" });
    assert.equal(await echo.text(), "PUT ping");
    return "result";
  });
  assert.equal(result, "result");
  assert.deepEqual(
    agent.calls.map(({ method, url }) => `${method} ${url}`),
    [
      "GET http://a.test/",
      "POST /own",
      "GET http://a.test/bytes",
      "GET http://a.test/denied",
      "PUT http://a.test/echo",
    ],
  );
});

test("an unmatched request fails the run with the nearest mock, even if the code ignores the error", async () => {
  const agent = new MockAgent()
    .on({ url: "http://b.test/" }, {})
    .on({ url: "http://a.test/x", method: "POST", headers: { "x-a": "1" }, json: { a: 1 } }, {});
  const run = agent.run(() =>
    swallow(fetch("http://a.test/x", { method: "POST", body: '{"a":2}', headers: { "x-a": "2" } })),
  );
  await assert.rejects(run, (error) => {
    assert.equal(error.name, "AssertionError");
    assert.equal(
      error.message,
      "no mock matches POST http://a.test/x; the nearest is POST http://a.test/x, but\n" +
        '  header x-a: got "2", want "1"\n' +
        '  json: got {"a":2}, want {"a":1}',
    );
    return true;
  });
});

test("each kind of difference is reported", async () => {
  for (const [expected, input, init, difference] of [
    [{ url: "/x" }, "/x", { method: "PUT" }, 'method: got "PUT", want "GET"'],
    [{ url: "/x" }, "/x?y", {}, 'url: got "/x?y", want "/x"'],
    [{ url: /^z/ }, "/x", {}, 'url: got "/x", want /^z/'],
    [{ url: "/x", headers: { a: "1" } }, "/x", {}, 'header a: got null, want "1"'],
    [{ url: "/x", body: "" }, "/x", {}, 'body: got null, want ""'],
    [
      { url: "/x", method: "PUT", body: null },
      "/x",
      { method: "PUT", body: "" },
      "body: got [], want null",
    ],
    [{ url: "/x", json: undefined }, "/x", {}, "json: got null, want nothing"],
    [
      { url: "/x", method: "PUT", body: new Uint8Array([1]) },
      "/x",
      { method: "PUT", body: new Uint8Array([2]) },
      "body: got [2], want [1]",
    ],
  ]) {
    const run = new MockAgent().on(expected, {}).run(() => swallow(fetch(input, init)));
    await assert.rejects(run, (error) => {
      assert(error.message.includes(difference), error.message);
      return true;
    });
  }
  const empty = new MockAgent().run(() => swallow(fetch("/x")));
  await assert.rejects(empty, /no mock matches GET \/x, because no mock was added/);
});

test("a mock that is not used, or used up, fails the run", async () => {
  const unused = new MockAgent().on({ url: "/x" }, {}).run(() => {});
  await assert.rejects(unused, /the mock GET \/x was used 0 of 1 times/);
  const twice = new MockAgent().on({ url: "/x", times: 2 }, {}).run(() => fetch("/x"));
  await assert.rejects(twice, /used 1 of 2 times/);
  const often = new MockAgent().on({ url: "/x" }, {}).run(async () => {
    await fetch("/x");
    await swallow(fetch("/x"));
  });
  await assert.rejects(often, /GET \/x was already used 1 times/);
  const never = new MockAgent()
    .on({ url: "/x", times: Number.POSITIVE_INFINITY }, {})
    .run(() => {});
  await assert.rejects(never, /used 0 of Infinity times/);
});

test("mocks respond in order, and a mock with Infinity responds always", async () => {
  const agent = new MockAgent()
    .on({ url: "/x" }, { body: "first" })
    .on({ url: "/x", times: Number.POSITIVE_INFINITY }, { body: "then" });
  await agent.run(async () => {
    const texts = [];
    for (let time = 0; time < 3; time += 1) texts.push(await (await fetch("/x")).text());
    assert.deepEqual(texts, ["first", "then", "then"]);
  });
});

test("an error of the code is rethrown, or is the cause if a request was unmatched", async () => {
  const error = new Error("of the code");
  const fails = () => {
    throw error;
  };
  await assert.rejects(new MockAgent().run(fails), error);
  await assert.rejects(new MockAgent().on({ url: "/x" }, {}).run(fails), error);
  const missed = new MockAgent().run(async () => {
    await swallow(fetch("/x"));
    fails();
  });
  await assert.rejects(missed, ({ name, cause }) => name === "AssertionError" && cause === error);
});

test("concurrent agents are isolated", async () => {
  const run = (name) =>
    new MockAgent({ environment: { NAME: name } })
      .on({ url: "/x" }, { body: name })
      .run(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        assert.equal(environment().NAME, name);
        assert.equal(await (await fetch("/x")).text(), name);
      });
  await Promise.all([run("a"), run("b"), run("c")]);
  assert.deepEqual(environment(), {});
});

test("a call outside of an agent has no host, and the error says so", async () => {
  for (const fetch of [fetchOfPackage, globalThis.fetch]) {
    await assert.rejects(fetch("http://a.test/"), (error) => {
      assert.match(error.message, /MockAgent/);
      return isFailure(error, "no-host");
    });
  }
});

test("an unknown key is an error that lists the known keys and suggests one", () => {
  const keys = /the known keys are status, headers, body, json, error$/;
  for (const [mock, message] of [
    [() => new MockAgent().on({ url: "/x" }, { delay: 5 }), keys],
    [
      () => new MockAgent().on({ url: "/x" }, { delay: undefined }),
      /unknown key `delay`: the known/,
    ],
    [() => new MockAgent().on({ url: "/x" }, { stauts: 404 }), /`stauts`: did you mean `status`\?/],
    [() => new MockAgent().on({ url: "/x" }, { header: {} }), /did you mean `headers`\?/],
    [
      () => new MockAgent().on({ url: "/x", delay: 5 }, {}),
      /are method, url, headers, body, json, times$/,
    ],
    [() => new MockAgent().on({ uri: "/x" }, {}), /did you mean `url`\?/],
    [() => new MockAgent().on("/x", {}), /the expected call is \/x; pass an object/],
    [
      () => new MockAgent().on({ url: "/x" }),
      /the answer of the mock is undefined; pass an object/,
    ],
    [
      () => new MockAgent({ env: {} }),
      /unknown key `env`: the known keys are environment, variables, permissions, component$/,
    ],
    [
      () => new MockAgent().on({ url: "/x" }, { body: "a", json: 1 }),
      /has `body` and `json`; use one/,
    ],
    [
      () => new MockAgent().on({ url: "/x" }, { error: "runtime-error", status: 500 }),
      /`error` and `status`/,
    ],
    [
      () => new MockAgent().on({ url: "/x" }, { error: "timeout" }),
      /timeout is not a case of http-error; use .*runtime-error/,
    ],
  ]) {
    assert.throws(
      mock,
      (error) => error instanceof TypeError && message.test(error.message),
      String(message),
    );
  }
});

test("an invalid answer of a function fails the test, even if the code handles the error", async () => {
  const agent = new MockAgent().on({ url: "/x" }, () => ({ delay: 5 }));
  await assert.rejects(
    agent.run(() => swallow(fetch("/x"))),
    /unknown key `delay`/,
  );
});

test("an agent's environment says what its host does with redirects", async () => {
  const agent = new MockAgent({ environment: { SPIN_FETCH_REDIRECTS: "returned" } });
  agent.on({ url: "http://a.test/" }, { status: 302, headers: { location: "/y" } });
  agent.on({ url: "http://a.test/y" }, { body: "end" });
  await agent.run(async () => {
    assert.equal(await (await fetch("http://a.test/")).text(), "end");
  });
});
