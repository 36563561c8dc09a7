// A proxy, in each way that programs write one. The path selects the way, the query parameter `to` the upstream's path.

import { environment } from "spin-fetch";

const ways = {
  "/request": (url, inbound) => fetch(new Request(url, inbound)),
  "/init": (url, { method, headers, body }) =>
    fetch(url, { method, headers, body, duplex: "half" }),
  "/without-duplex": (url, { method, headers, body }) => fetch(url, { method, headers, body }),
  "/copy": (url, inbound) => {
    const headers = new Headers(inbound.headers);
    headers.set("x-added", "1");
    return fetch(new Request(url, inbound), { headers });
  },
  "/record": (url, inbound) =>
    fetch(url, { headers: { ...Object.fromEntries(inbound.headers), "x-added": "1" } }),
  "/list": (url, inbound) => fetch(url, { headers: [...inbound.headers, ["x-added", "1"]] }),
  "/host": (url) => fetch(url, { headers: { host: "explicit.test" } }),
  "/same-host": (url, inbound) => fetch(url, { headers: { host: inbound.headers.get("host") } }),
  "/set-host": (url, inbound) => {
    const headers = new Headers(inbound.headers);
    headers.set("host", inbound.headers.get("host"));
    headers.set("spin-client-addr", "explicit");
    return fetch(url, { headers });
  },
  "/record-with-host": (url, inbound) =>
    fetch(url, { headers: { ...Object.fromEntries(inbound.headers), host: "explicit.test" } }),
  "/changed-request": async (url, inbound) => {
    const body = (await inbound.text()).toUpperCase();
    return fetch(new Request(url, { method: inbound.method, headers: inbound.headers, body }));
  },
  "/changed": async (url) => {
    const response = await fetch(url);
    return new Response(`${(await response.text()).slice(0, 40)}, changed`, response);
  },
  "/removed": async (url) => new Response(null, await fetch(url)),
  "/mutable": async (url) => {
    const response = await fetch(url);
    const changed = new Response(response.body, response);
    changed.headers.set("x-added", "1");
    return changed;
  },
  "/hop": () =>
    new Response("abc", {
      headers: {
        connection: "X-Hop",
        "x-hop": "1",
        "keep-alive": "timeout=5",
        "transfer-encoding": "chunked",
        upgrade: "h2c",
      },
    }),
};

export const paths = Object.fromEntries(
  Object.entries(ways).map(([path, send]) => [
    path,
    (inbound) => {
      const to = new URL(inbound.url).searchParams.get("to");
      return send(`${environment().UPSTREAM}${to}`, inbound);
    },
  ]),
);
