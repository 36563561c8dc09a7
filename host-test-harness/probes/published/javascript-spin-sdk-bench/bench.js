/**
 * The guest of the benchmark, with Spin's published JavaScript SDK: `/hello` answers at once, `/calls/N`
 * makes N calls to UPSTREAM first, `/relay` sends its body there and answers with the body that came back.
 */

import { getEnvironment } from "wasi:cli/environment@0.2.3";

addEventListener("fetch", (event) => event.respondWith(handle(event.request)));

async function handle(request) {
  const [, path, count] = new URL(request.url).pathname.split("/");
  if (path === "calls") return new Response(String(await calls(Number(count))));
  if (path === "relay") return relay(await request.arrayBuffer());
  return new Response("hello");
}

/** Reads every body to its end, and returns the number of bytes. */
async function calls(count) {
  const url = upstream();
  let length = 0;
  for (let call = 0; call < count; call += 1) {
    const response = await fetch(url);
    length += (await response.arrayBuffer()).byteLength;
  }
  return length;
}

async function relay(body) {
  const response = await fetch(upstream(), { method: "POST", body });
  return new Response(await response.arrayBuffer());
}

/** The URL that the calls go to. */
function upstream() {
  return new Map(getEnvironment()).get("UPSTREAM");
}
