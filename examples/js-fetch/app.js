// Outbound HTTP, one feature per path. The README lists the paths.

import { environment, SpinHttpError } from "spin-fetch";

const paths = {
  "/": get,
  "/get": get,
  "/post": post,
  "/denied": denied,
  "/self": callSelf,
  "/hello": hello,
};

export async function handleRequest(request) {
  const { pathname } = new URL(request.url);
  const handler = paths[pathname];
  if (!handler) return new Response(`Nothing is at ${pathname}\n`, { status: 404 });
  const text = await handler();
  console.log(text.trimEnd());
  return new Response(text);
}

/** A request without a body; the response has a status and headers. */
async function get() {
  const url = `${environment().UPSTREAM}/get`;
  const response = await fetch(url);
  return `GET ${url}\nStatus: ${response.status}\nContent-Type: ${response.headers.get("content-type")}\n`;
}

/** A request whose body is JSON. */
async function post() {
  const url = `${environment().UPSTREAM}/post`;
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ message: "Hello from a component" }),
  });
  return `POST ${url}\nStatus: ${response.status}\nBody: ${await response.text()}\n`;
}

/** A call that the manifest does not permit. */
async function denied() {
  try {
    const response = await fetch("https://denied.test/");
    return `The call was permitted: ${response.status}\n`;
  } catch (error) {
    const { cause } = error;
    if (!(cause instanceof SpinHttpError)) throw error;
    if (cause.code !== "destination-not-allowed") throw error;
    return `Denied: ${error.message}\n`;
  }
}

/** A call to another path of this application. */
async function callSelf() {
  const response = await fetch("/hello");
  return `GET /hello\nStatus: ${response.status}\nBody: ${await response.text()}`;
}

function hello() {
  return "Hello from this component\n";
}
