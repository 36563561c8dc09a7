/**
 * The guest of the benchmark: `/hello` answers at once, `/calls/N` makes N calls to UPSTREAM first,
 * `/relay` sends its body there and answers with the body that came back.
 */

import { environment } from "spin-fetch";

export async function handleRequest(request) {
  const [, path, count] = new URL(request.url).pathname.split("/");
  if (path === "calls") return new Response(String(await calls(Number(count))));
  if (path === "relay") return relay(await request.bytes());
  return new Response("hello");
}

/** Reads every body to its end, and returns the number of bytes. */
async function calls(count) {
  const { UPSTREAM } = environment();
  let length = 0;
  for (let call = 0; call < count; call += 1) {
    const response = await fetch(UPSTREAM);
    length += (await response.bytes()).byteLength;
  }
  return length;
}

async function relay(body) {
  const response = await fetch(environment().UPSTREAM, { method: "POST", body });
  return new Response(await response.bytes());
}
