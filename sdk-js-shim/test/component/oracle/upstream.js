// The upstream of both sides.

import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { serve } from "../serve.js";

/** Serves on loopback until it is closed. */
export async function startUpstream() {
  const counts = new Map();
  return serve((request, response, body) => {
    respond(request, response, body.toString("utf8"), counts);
  });
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

/** The text of the coded bodies. */
const TEXT = JSON.stringify({ text: "h\u00e9llo ".repeat(500) });

/** Coded bodies, with their `content-encoding`. */
const CODED = {
  gzip: ["gzip", gzipSync(TEXT)],
  "x-gzip": ["X-GZip", gzipSync(TEXT)],
  deflate: ["deflate", deflateSync(TEXT)],
  "deflate-raw": ["deflate", deflateRawSync(TEXT)],
  br: ["br", brotliCompressSync(TEXT)],
  "two-gzip": ["deflate, gzip", gzipSync(deflateSync(TEXT))],
  members: ["gzip", Buffer.concat([gzipSync(TEXT.slice(0, 50)), gzipSync(TEXT.slice(50))])],
  unknown: ["zstandard", Buffer.from(TEXT)],
  "unknown-and-gzip": ["zstandard, gzip", gzipSync(TEXT)],
  corrupt: ["gzip", Buffer.from("not gzip")],
  cut: ["gzip", gzipSync(TEXT).subarray(0, 30)],
  checksum: ["gzip", Buffer.concat([gzipSync(TEXT).subarray(0, -8), Buffer.alloc(8)])],
  empty: ["gzip", Buffer.alloc(0)],
};

function respond(request, response, body, counts) {
  const { pathname, searchParams } = new URL(request.url, "http://x");
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
    const location = searchParams.get("to") ?? "/hello";
    response.writeHead(Number(parameter ?? 302), location === "none" ? {} : { location });
    response.end("moved");
  } else if (name === "chain") {
    const left = Number(parameter) - 1;
    response.writeHead(302, { location: left > 0 ? `/chain/${left}` : "/hello" });
    response.end();
  } else if (name === "loop") {
    response.writeHead(307, { location: "/loop" });
    response.end();
  } else if (name === "coded") {
    const [coding, bytes] = CODED[parameter];
    response.writeHead(200, { "content-encoding": coding, "content-length": bytes.length });
    response.end(request.method === "HEAD" ? undefined : bytes);
  } else if (name === "chunked") {
    response.writeHead(200, { connection: "x-hop, keep-alive", "x-hop": "1", trailer: "x-t" });
    response.write("a");
    response.end("bc");
  } else if (name === "not-modified") {
    response.writeHead(304, { etag: '"1"', "content-length": 4 });
    response.end();
  } else if (name === "count") {
    counts.set(parameter, (counts.get(parameter) ?? 0) + 1);
    response.end(String(counts.get(parameter)));
  } else if (name === "cut") {
    request.socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this");
  } else if (name === "slow-body") {
    response.writeHead(200, { "content-length": 8 });
    response.write("half");
    setTimeout(() => response.end("half"), 500);
  } else if (name === "reset") request.socket.destroy();
  else if (name === "slow") setTimeout(() => response.end("slow"), Number(parameter ?? 500));
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
