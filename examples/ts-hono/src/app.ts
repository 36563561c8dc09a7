// A shop's API that knows nothing itself: it combines what two upstreams say.

import { Hono } from "hono";
import { etag } from "hono/etag";
import { logger } from "hono/logger";
import { secureHeaders } from "hono/secure-headers";
import { SpinHttpError } from "spin-fetch";

/** The environment of the component, which Hono hands on as `context.env`. */
interface Bindings {
  CATALOGUE: string;
  STOCK: string;
}

interface Product {
  name: string;
  price: number;
}

interface Stock {
  count: number;
}

const app = new Hono<{ Bindings: Bindings }>();

app.use(logger(), secureHeaders(), etag());

app.get("/products/:id", async (context) => {
  const id = encodeURIComponent(context.req.param("id"));
  const product = await ask<Product>(`${context.env.CATALOGUE}/products/${id}`);
  if (!product) return context.json({ error: "there is no such product" }, 404);
  const stock = await ask<Stock>(`${context.env.STOCK}/stock/${id}`);
  return context.json({ ...product, inStock: (stock?.count ?? 0) > 0 });
});

app.post("/orders", async (context) => {
  const response = await fetch(`${context.env.STOCK}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
    body: JSON.stringify(await context.req.json()),
  });
  return new Response(response.body, { status: response.status });
});

/** What an upstream says as JSON; nothing if it says that there is nothing. */
async function ask<Answer>(url: string): Promise<Answer | undefined> {
  const response = await fetch(url);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new UpstreamError(`${url} answered ${response.status}`);
  return (await response.json()) as Answer;
}

class UpstreamError extends Error {}

app.onError((error, context) => {
  const isOfUpstream = error instanceof UpstreamError || error.cause instanceof SpinHttpError;
  if (!isOfUpstream) throw error;
  console.error(error.message);
  return context.json({ error: "an upstream does not answer" }, 502);
});

export default app;
