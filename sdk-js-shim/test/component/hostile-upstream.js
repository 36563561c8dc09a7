// An upstream that sends what it should not.

import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { serve } from "./serve.js";

const TEXT = Buffer.from("h\u00e9llo ".repeat(500));
const MEBIBYTE = 1024 * 1024;

/** Bodies, with their `content-encoding`. */
const CODED = {
  "gzip-cut": () => ["gzip", gzipSync(TEXT).subarray(0, 25)],
  "gzip-cut-in-trailer": () => ["gzip", gzipSync(TEXT).subarray(0, -4)],
  "gzip-wrong": () => ["gzip", deflateSync(TEXT)],
  "gzip-checksum": () => {
    const bytes = gzipSync(TEXT);
    bytes[bytes.length - 8] ^= 1;
    return ["gzip", bytes];
  },
  "gzip-junk": () => ["gzip", Buffer.concat([gzipSync(TEXT), Buffer.from("junk")])],
  two: () => ["deflate, gzip", gzipSync(deflateSync(TEXT))],
  six: () => ["gzip, gzip, gzip, gzip, gzip, gzip", TEXT],
  unknown: () => ["zstandard", TEXT],
  "deflate-cut": () => ["deflate", deflateSync(TEXT).subarray(0, 15)],
  "deflate-wrong": () => ["deflate", TEXT],
  empty: () => ["gzip", Buffer.alloc(0)],
};

const BELOW = Buffer.alloc(60 * MEBIBYTE);
const ABOVE = Buffer.alloc(200 * MEBIBYTE);
const members = (count, bytes) => Buffer.concat(Array(count).fill(gzipSync(bytes)));

/** Small bodies that are large when they are decoded. The limit is 128 MiB. */
const BOMBS = {
  gzip: ["gzip", gzipSync(ABOVE)],
  deflate: ["deflate", deflateSync(ABOVE)],
  "deflate-raw": ["deflate", deflateRawSync(ABOVE)],
  members: ["gzip", members(10, ABOVE.subarray(0, 20 * MEBIBYTE))],
  twice: ["gzip, gzip", gzipSync(gzipSync(ABOVE))],
  "gzip-below": ["gzip", gzipSync(BELOW)],
  "deflate-below": ["deflate", deflateSync(BELOW)],
  "deflate-raw-below": ["deflate", deflateRawSync(BELOW)],
  "members-below": ["gzip", members(6, BELOW.subarray(0, 10 * MEBIBYTE))],
  "deflate-below-cut": ["deflate", deflateSync(BELOW).subarray(0, -6)],
  "deflate-raw-below-cut": ["deflate", deflateRawSync(BELOW).subarray(0, -6)],
  "members-below-cut": ["gzip", members(6, BELOW.subarray(0, 10 * MEBIBYTE)).subarray(0, -6)],
};

/** Serves on loopback until it is closed. */
export async function startHostileUpstream() {
  // A connection that is closed while the guest decodes is another subject.
  return serve(respond, { keepAliveTimeout: 600_000 });
}

function respond(request, response, body) {
  const { socket } = request;
  const [, name, parameter] = new URL(request.url, "http://x").pathname.split("/");
  const raw = (...lines) => socket.end(`${lines.join("\r\n")}\r\n\r\n`);
  if (name === "echo") response.end(body);
  else if (name === "coded" || name === "bomb") {
    const [coding, bytes] = name === "coded" ? CODED[parameter]() : BOMBS[parameter];
    response.writeHead(200, { "content-encoding": coding, "content-length": bytes.length });
    response.end(bytes);
  } else if (name === "reset") socket.destroy();
  else if (name === "cut") socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this");
  else if (name === "garbage") raw("SSH-2.0-OpenSSH_9.9");
  else if (name === "status-line") raw(`HTTP/1.1 ${parameter} Odd`, "content-length: 0");
  else if (name === "redirect-to-nowhere") {
    response.writeHead(302, { location: "http://[::1" });
    response.end();
  } else if (name === "to-application") {
    response.writeHead(302, { location: "http://self/secret" });
    response.end();
  } else if (name === "moved") {
    response.writeHead(302, { location: "/hello" });
    response.end();
  } else response.end("hello");
}
