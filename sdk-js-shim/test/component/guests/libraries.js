// Client libraries on fetch, unmodified. Both make the same calls.

import axios from "axios";
import ky from "ky";
import { environment } from "spin-fetch";

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

addEventListener("fetch", (event) => {
  const client = event.request.url.endsWith("/ky") ? withKy : withAxios;
  event.respondWith(client(environment().UPSTREAM).then((result) => Response.json(result)));
});
