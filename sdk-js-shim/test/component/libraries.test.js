// Libraries, unmodified, in a component of each backend with an upstream on loopback. docs/javascript-libraries.md lists them.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { componentOf, inspect, request } from "./harness.js";

const LIMIT_MS = 60_000;
/** The algorithms of docs/javascript-libraries.md with public keys. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];
/** The content of the streamed events of OpenAI. */
const CHUNKS = ["he", "ll", "\u00f6"];

let upstream;
let base;
let seen;
/** Whether the guest sees each event before the next. */
let isStreaming;
/** A key of each algorithm: the private key, and the public key in the set. */
let keys;

before(async () => {
  keys = await Promise.all(ALGORITHMS.map(makeKey));
  upstream = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => respond(request, response, Buffer.concat(chunks).toString("utf8")));
  });
  await new Promise((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${upstream.address().port}`;
});
after(() => upstream?.close());

async function makeKey(alg) {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  return { alg, privateKey, jwk: { ...(await exportJWK(publicKey)), alg, kid: alg } };
}

function respond(request, response, body) {
  const { method, url, headers } = request;
  seen.push({ method, url, headers, body });
  const json = (status, value, headers = {}) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(value));
  };
  const { pathname, searchParams } = new URL(url, base);
  if (pathname === "/keys") json(200, { keys: keys.map(({ jwk }) => jwk) });
  else if (pathname === "/moved-keys") json(302, {}, { location: "/keys" });
  else if (pathname === "/openai/chat/completions") {
    if (!JSON.parse(body).stream) {
      json(200, { choices: [{ message: { role: "assistant", content: "hi" } }] });
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    streamEvents(response).catch((error) => response.destroy(error));
  } else if (pathname === "/openai/seen") {
    response.end();
    upstream.emit("seen");
  } else if (pathname === "/repos/a/b") json(200, { full_name: "a/b" });
  else if (pathname === "/repos/a/b/issues") {
    const isFirst = !searchParams.has("page");
    const link = `<${base}/repos/a/b/issues?page=2>; rel="next"`;
    json(200, [{ number: isFirst ? 1 : 2 }], isFirst ? { link } : {});
  } else if (pathname === "/v1/customers") json(200, { id: "cus_1", object: "customer" });
  else if (pathname === "/v1/customers/unknown") {
    json(404, { error: { type: "invalid_request_error", message: "no such customer" } });
  } else if (pathname === "/echo") json(200, { method, url, body, headers });
  else json(404, { error: { message: "not found" }, message: "Not Found" });
}

/** Over `wasi:http`, sends an event only after the guest has seen the one before. */
async function streamEvents(response) {
  for (const content of CHUNKS) {
    const seen = isStreaming && once(upstream, "seen", { signal: AbortSignal.timeout(LIMIT_MS) });
    response.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
    await seen;
  }
  response.end("data: [DONE]\n\n");
}

/** Runs the library of a path. Returns the JSON of the guest; the requests of the upstream are in `seen`. */
async function run(backend, path, { environment, limits = {} } = {}, init = {}) {
  seen = [];
  isStreaming = backend === "wasi-http";
  const { component } = await componentOf("libraries", backend);
  const options = {
    allowedOutboundHosts: [base],
    environment: { UPSTREAM: base, ...environment },
    limits,
  };
  const { body, stderr } = await request(component, path, options, init);
  assert.match(body, /^[[{]/, stderr);
  return JSON.parse(body);
}

const RETURNED = { limits: { redirects: 0 }, environment: { SPIN_FETCH_REDIRECTS: "returned" } };
const FOLLOWED = { environment: { SPIN_FETCH_REDIRECTS: "followed" } };

test("component: a program that does not use variables does not import them", async () => {
  const imports = await inspect((await componentOf("libraries")).component);
  assert.match(imports, /fermyon:spin\/http/);
  assert.doesNotMatch(imports, /variables/);
});

test("component: with the backend wasi-http, wasi:http is imported and exported, and nothing of fermyon:", async () => {
  const imports = await inspect((await componentOf("libraries", "wasi-http")).component);
  assert.match(imports, /^ +wasi:http\/outgoing-handler@0\.2/m);
  assert.match(imports, /^ +wasi:http\/incoming-handler@0\.2/m);
  assert.doesNotMatch(imports, /fermyon:|wasi:sockets/);
});

test("component: jose gets a remote key set from a host that follows redirects, if the program accepts that", async () => {
  const { error, ids, redirected } = await run("spin", "/jose/keys", FOLLOWED);
  assert.deepEqual([error, ids, redirected], [null, ALGORITHMS, null]);
});

test("component: without the variable, the error of jose names it, and nothing was sent", async () => {
  const { error } = await run("spin", "/jose/keys");
  assert.match(
    error,
    /GET http:\S+\/keys: `redirect: "manual"` .* SPIN_FETCH_REDIRECTS of the component to `returned`/,
  );
  assert.deepEqual(seen, []);
});

for (const [backend, returned] of [
  ["spin", RETURNED],
  ["wasi-http", {}],
]) {
  const over = (path, options, init) => run(backend, path, options, init);

  test(`component: over ${backend}, jose gets a remote key set, and no redirected one, from a host that returns redirects`, async () => {
    const { error, ids, redirected } = await over("/jose/keys", returned);
    assert.deepEqual([error, ids], [null, ALGORITHMS]);
    assert.match(redirected, /Expected 200 OK/);
    assert.match(seen[0].headers.accept, /jwk-set\+json/);
    assert.deepEqual(
      seen.map(({ url }) => url),
      ["/keys", "/moved-keys"],
    );
  });

  test(`component: over ${backend}, jose verifies tokens with a remote key set, and gets the set once`, async () => {
    const tokens = [];
    const want = [];
    for (const { alg, privateKey } of keys) {
      const sign = (kid, issuer) =>
        new SignJWT({ sub: alg })
          .setProtectedHeader({ alg, kid })
          .setIssuer(issuer)
          .setExpirationTime("1h")
          .sign(privateKey);
      const token = await sign(alg, "me");
      const [head, , signature] = token.split(".");
      const payload = JSON.stringify({ sub: "eve", iss: "me" });
      tokens.push(token, `${head}.${Buffer.from(payload).toString("base64url")}.${signature}`);
      tokens.push(await sign(alg, "you"));
      want.push(alg, "ERR_JWS_SIGNATURE_VERIFICATION_FAILED", "ERR_JWT_CLAIM_VALIDATION_FAILED");
    }
    const init = { method: "POST", body: JSON.stringify(tokens) };
    const { got } = await over("/jose/verify", returned, init);
    assert.deepEqual(got, want);
    assert.deepEqual(
      seen.map(({ method, url }) => `${method} ${url}`),
      ["GET /keys"],
    );
  });

  test(`component: over ${backend}, jose signs and verifies a token`, async () => {
    const got = await over("/jose/token");
    assert.deepEqual(got, { scope: "read", wrong: "JWTClaimValidationFailed" });
  });

  test(`component: over ${backend}, openai creates, streams and reports errors`, async () => {
    const got = await over("/openai");
    assert.deepEqual(got, { created: "hi", streamed: CHUNKS, error: "Error" });
    assert.equal(seen[0].headers.authorization, "Bearer key");
    assert.equal(seen[0].headers["content-type"], "application/json");
  });

  test(`component: over ${backend}, octokit gets, paginates and reports errors`, async () => {
    const got = await over("/octokit");
    assert.deepEqual(got, { repository: "a/b", issues: [1, 2], error: "HttpError" });
    assert.equal(seen[0].headers.authorization, "token token");
  });

  test(`component: over ${backend}, stripe creates, reports errors and verifies webhooks`, async () => {
    const got = await over("/stripe");
    assert.deepEqual(got, { customer: "cus_1", error: "Error", event: "evt_1" });
    const [{ headers, body }] = seen;
    assert.equal(headers.authorization, "Bearer sk_test_1");
    assert.equal(headers["content-type"], "application/x-www-form-urlencoded");
    assert.equal(body, "email=a%40b.test&metadata[a]=1");
  });

  test(`component: over ${backend}, the proxy helper of Hono passes a request on`, async () => {
    const inbound = { "spin-full-url": "http://app.test/hono/echo", "spin-path-info": "" };
    const sent = { "x-a": "1", host: "app.test", ...inbound };
    const init = { method: "POST", body: "ping", headers: sent };
    const { method, body, headers } = await over("/hono/echo", {}, init);
    assert.deepEqual([method, body, headers["x-a"]], ["POST", "ping", "1"]);
    assert.equal(headers.host, new URL(base).host);
    assert.equal(headers["x-forwarded-host"], "app.test");
    assert.equal(headers["spin-full-url"], undefined);
  });

  for (const [library, error] of [
    ["ky", "HTTPError"],
    ["axios", "AxiosError"],
  ]) {
    test(`component: over ${backend}, ${library} runs unmodified`, async () => {
      assert.deepEqual(await over(`/${library}`), {
        got: ["/echo?q=a+b", library],
        posted: ["POST", "application/json", '{"a":1}'],
        failed: [error, 404],
        denied: "destination-not-allowed",
      });
    });
  }

  test(`component: over ${backend}, the polyfills of FormatJS replace the functions that need a locale`, async () => {
    // A no-break space precedes the unit.
    const want = ["1.234.567,892", "1.234,50\u00a0€", "25\u00a0%"];
    assert.deepEqual(await over("/formatjs"), want);
  });
}
