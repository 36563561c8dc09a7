// A shop's API that combines two upstreams.

import { Hono } from "hono";
import { etag } from "hono/etag";
import { logger } from "hono/logger";
import { secureHeaders } from "hono/secure-headers";
import { SpinHttpError } from "spin-fetch";

/** The environment of the component, which Hono provides as `context.env`. */
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
  const product = await getJson<Product>(`${context.env.CATALOGUE}/products/${id}`);
  if (!product) return context.json({ error: "there is no such product" }, 404);
  const stock = await getJson<Stock>(`${context.env.STOCK}/stock/${id}`);
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

/** Requests JSON from an upstream; `undefined` if the status is 404. */
async function getJson<Value>(url: string): Promise<Value | undefined> {
  const response = await fetch(url);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new UpstreamError(`${url} responded with ${response.status}`);
  return (await response.json()) as Value;
}

class UpstreamError extends Error {}

app.onError((error, context) => {
  const isOfUpstream = error instanceof UpstreamError || error.cause instanceof SpinHttpError;
  if (!isOfUpstream) throw error;
  console.error(error.message);
  return context.json({ error: "an upstream does not respond" }, 502);
});

export default app;
