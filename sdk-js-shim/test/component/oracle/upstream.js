// The upstream of both sides.

import { createServer } from "node:http";

/** Serves on loopback until it is closed. */
export async function startUpstream() {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => respond(request, response, Buffer.concat(chunks).toString("utf8")));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { base: `http://127.0.0.1:${server.address().port}`, close };
}

/** The headers that each host's client adds. One case of the oracle checks them. */
const ADDED = [
  "accept",
  "accept-encoding",
  "accept-language",
  "connection",
  "host",
  "sec-fetch-mode",
  "user-agent",
  "content-length",
  "transfer-encoding",
];

function respond(request, response, body) {
  const { pathname } = new URL(request.url, "http://x");
  const [, name, parameter] = pathname.split("/");
  if (name === "echo") {
    const { method, url, rawHeaders } = request;
    const headers = { ...request.headers };
    for (const added of ADDED) delete headers[added];
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ method, url, headers, rawHeaders, body }));
  } else if (name === "status") {
    const status = Number(parameter);
    response.writeHead(status, "Reason");
    response.end([204, 205, 304].includes(status) ? undefined : `status ${status}`);
  } else if (name === "cookies") {
    response.writeHead(
      200,
      [
        ["set-cookie", "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
        ["x-a", "1"],
        ["set-cookie", "b=2"],
        ["x-a", "2"],
      ].flat(),
    );
    response.end();
  } else if (name === "latin1" || name === "utf8") {
    const value = Buffer.from("café 日", name === "utf8" ? "utf8" : "latin1").toString("latin1");
    response.writeHead(200, { "x-a": name === "utf8" ? value : "caf\u00e9" });
    response.end();
  } else if (name === "redirect") {
    response.writeHead(302, { location: "/hello" });
    response.end("moved");
  } else if (name === "reset") request.socket.destroy();
  else if (name === "slow") setTimeout(() => response.end("slow"), 80);
  else if (name === "json") {
    response.writeHead(200, { "content-type": "Application/JSON" });
    response.end('{"a":1}');
  } else if (name === "hello") response.end("hello");
  else {
    const text = "text";
    response.writeHead(200, { "content-type": "text/plain", "x-a": "1", "content-length": 4 });
    response.end(request.method === "HEAD" ? undefined : text);
  }
}
