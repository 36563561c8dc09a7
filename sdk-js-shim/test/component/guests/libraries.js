// Libraries, unmodified. Each path runs one against the upstream, and responds with what it returned.

// Each polyfill needs those before it.
import "@formatjs/intl-getcanonicallocales/polyfill.js";
import "@formatjs/intl-locale/polyfill.js";
import "@formatjs/intl-pluralrules/polyfill.js";
import "@formatjs/intl-pluralrules/locale-data/de.js";
import "@formatjs/intl-numberformat/polyfill.js";
import "@formatjs/intl-numberformat/locale-data/de.js";
import axios from "axios";
import { Hono } from "hono";
import { proxy } from "hono/proxy";
import { createRemoteJWKSet, jwtVerify, SignJWT } from "jose";
import ky from "ky";
import { Octokit } from "octokit";
import OpenAI from "openai";
import { environment } from "spin-fetch";
import Stripe from "stripe";

const nameOf = (error) => error?.name ?? String(error);
const failed = (promise) => promise.then(() => "no error", nameOf);

const app = new Hono();

app.get("/jose/keys", async (context) => {
  const { UPSTREAM } = environment();
  const keys = createRemoteJWKSet(new URL(`${UPSTREAM}/keys`));
  const error = await keys.reload().then(
    () => null,
    (error) => String(error),
  );
  const redirected = createRemoteJWKSet(new URL(`${UPSTREAM}/moved-keys`));
  return context.json({
    error,
    ids: keys.jwks()?.keys.map(({ kid }) => kid) ?? null,
    redirected: await redirected.reload().then(
      () => null,
      (error) => String(error.message),
    ),
  });
});

app.post("/jose/verify", async (context) => {
  const keys = createRemoteJWKSet(new URL(`${environment().UPSTREAM}/keys`));
  const got = [];
  for (const token of await context.req.json()) {
    const subject = jwtVerify(token, keys, { issuer: "me" }).then(({ payload }) => payload.sub);
    got.push(await subject.catch((error) => error.code ?? String(error)));
  }
  return context.json({ got });
});

app.get("/jose/token", async (context) => {
  const secret = new TextEncoder().encode("a secret of thirty-two characters");
  const token = await new SignJWT({ scope: "read" })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("me")
    .setExpirationTime("2h")
    .sign(secret);
  const { payload } = await jwtVerify(token, secret, { issuer: "me" });
  const wrong = jwtVerify(token, secret, { issuer: "you" });
  return context.json({ scope: payload.scope, wrong: await failed(wrong) });
});

app.get("/openai", async (context) => {
  const { UPSTREAM } = environment();
  const client = new OpenAI({ apiKey: "key", baseURL: `${UPSTREAM}/openai`, maxRetries: 1 });
  const messages = [{ role: "user", content: "hello" }];
  const created = await client.chat.completions.create({ model: "small", messages });
  const streamed = [];
  const chunks = await client.chat.completions.create({ model: "small", messages, stream: true });
  for await (const chunk of chunks) {
    streamed.push(chunk.choices[0]?.delta?.content);
    // Over wasi:http, the upstream sends the next event only then.
    await fetch(`${UPSTREAM}/openai/seen`);
  }
  const error = client.models.retrieve("unknown");
  return context.json({
    created: created.choices[0].message.content,
    streamed,
    error: await failed(error),
  });
});

app.get("/octokit", async (context) => {
  const { UPSTREAM } = environment();
  const octokit = new Octokit({ auth: "token", baseUrl: UPSTREAM });
  const { data } = await octokit.rest.repos.get({ owner: "a", repo: "b" });
  const issues = await octokit.paginate("GET /repos/{owner}/{repo}/issues", {
    owner: "a",
    repo: "b",
  });
  const error = octokit.request("GET /unknown");
  return context.json({
    repository: data.full_name,
    issues: issues.map(({ number }) => number),
    error: await failed(error),
  });
});

app.get("/stripe", async (context) => {
  const { hostname, port } = new URL(environment().UPSTREAM);
  const options = { host: hostname, port, protocol: "http", maxNetworkRetries: 1 };
  const stripe = new Stripe("sk_test_1", options);
  const customer = await stripe.customers.create({ email: "a@b.test", metadata: { a: "1" } });
  const error = stripe.customers.retrieve("unknown");
  const payload = JSON.stringify({ id: "evt_1", object: "event" });
  const header = await stripe.webhooks.generateTestHeaderStringAsync({ payload, secret: "whsec" });
  const event = await stripe.webhooks.constructEventAsync(payload, header, "whsec");
  return context.json({ customer: customer.id, error: await failed(error), event: event.id });
});

app.all("/hono/:path", (context) =>
  proxy(`${environment().UPSTREAM}/${context.req.param("path")}`, {
    ...context.req,
    headers: { ...context.req.header(), "x-forwarded-host": context.req.header("host") },
  }),
);

app.get("/ky", async (context) => context.json(await withKy(environment().UPSTREAM)));

app.get("/axios", async (context) => context.json(await withAxios(environment().UPSTREAM)));

app.get("/formatjs", (context) => context.json(withFormatJs()));

async function withKy(base) {
  const client = ky.extend({
    prefixUrl: base,
    retry: 1,
    timeout: 5_000,
    headers: { "x-client": "ky" },
  });
  const got = await client.get("echo", { searchParams: { q: "a b" } }).json();
  const posted = await client.post("echo", { json: { a: 1 } }).json();
  const failed = await client.get("status/404").catch((error) => error);
  const denied = await ky.get("http://denied.test/", { retry: 0 }).catch((error) => error);
  return {
    got: [got.url, got.headers["x-client"]],
    posted: [posted.method, posted.headers["content-type"], posted.body],
    failed: [failed.name, failed.response?.status],
    denied: String(denied.cause?.cause?.code ?? denied.cause?.code),
  };
}

async function withAxios(base) {
  const headers = { "x-client": "axios" };
  const client = axios.create({ baseURL: base, timeout: 5_000, headers });
  const got = (await client.get("/echo", { params: { q: "a b" } })).data;
  const posted = (await client.post("/echo", { a: 1 })).data;
  const failed = await client.get("/status/404").catch((error) => error);
  const denied = await client.get("http://denied.test/").catch((error) => error);
  return {
    got: [got.url, got.headers["x-client"]],
    posted: [posted.method, posted.headers["content-type"], posted.body],
    failed: [failed.name, failed.response?.status],
    denied: String(denied.cause?.cause?.code ?? denied.cause?.code),
  };
}

const euros = { style: "currency", currency: "EUR" };

function withFormatJs() {
  return [
    (1234567.8915).toLocaleString("de-DE"),
    (1234.5).toLocaleString("de-DE", euros),
    new Intl.NumberFormat("de-DE", { style: "percent" }).format(0.25),
  ];
}

addEventListener("fetch", (event) => event.respondWith(app.fetch(event.request)));
