// Libraries, unmodified. The clients on fetch make the same calls.

// Each polyfill needs those before it.
import "@formatjs/intl-getcanonicallocales/polyfill.js";
import "@formatjs/intl-locale/polyfill.js";
import "@formatjs/intl-pluralrules/polyfill.js";
import "@formatjs/intl-pluralrules/locale-data/de.js";
import "@formatjs/intl-numberformat/polyfill.js";
import "@formatjs/intl-numberformat/locale-data/de.js";
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

const euros = { style: "currency", currency: "EUR" };

async function withFormatJs() {
  return [
    (1234567.8915).toLocaleString("de-DE"),
    (1234.5).toLocaleString("de-DE", euros),
    new Intl.NumberFormat("de-DE", { style: "percent" }).format(0.25),
  ];
}

addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  const client = { "/ky": withKy, "/axios": withAxios, "/formatjs": withFormatJs }[pathname];
  event.respondWith(client(environment().UPSTREAM).then((result) => Response.json(result)));
});
