// Libraries for services, unmodified. Each path runs one against the upstream, and responds with what it returned.

import { Hono } from "hono";
import { proxy } from "hono/proxy";
import { createRemoteJWKSet, jwtVerify, SignJWT } from "jose";
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
  let streamed = "";
  const chunks = await client.chat.completions.create({ model: "small", messages, stream: true });
  for await (const chunk of chunks) streamed += chunk.choices[0]?.delta?.content ?? "";
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

export default app;
