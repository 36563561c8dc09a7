// An upstream that sends and receives piece by piece, as the guest `wasi-http` asks for.

import { once } from "node:events";
import { createServer } from "node:http";
import { constants, createGzip, deflateRawSync, deflateSync, gzipSync } from "node:zlib";

/** No wait takes longer. */
const LIMIT_MS = 20_000;
const TEXT = "h\u00e9llo ".repeat(500);
const MEBIBYTE = Buffer.alloc(1024 * 1024);

const CODED = {
  gzip: ["gzip", gzipSync(TEXT)],
  members: ["gzip", Buffer.concat([gzipSync(TEXT.slice(0, 50)), gzipSync(TEXT.slice(50))])],
  deflate: ["deflate", deflateSync(TEXT)],
  raw: ["deflate", deflateRawSync(TEXT)],
  two: ["deflate, gzip", gzipSync(deflateSync(TEXT))],
  empty: ["gzip", Buffer.alloc(0)],
  unknown: ["zstandard", Buffer.from("text")],
  cut: ["gzip", gzipSync(TEXT).subarray(0, 30)],
  "cut-in-trailer": ["gzip", gzipSync(TEXT).subarray(0, -2)],
  wrong: ["gzip", Buffer.from("not gzip")],
  junk: ["gzip", Buffer.concat([gzipSync(TEXT), Buffer.from("junk")])],
  "many-members": ["gzip", Buffer.concat(Array(10_000).fill(gzipSync("a")))],
  // Not compressed, so that each byte is one of the coded body: three of them look like the begin of a member.
  "false-begins": ["gzip", gzipSync(Buffer.from("1f8b08".repeat(100_000), "hex"), { level: 0 })],
  "deflate-cut": ["deflate", deflateSync(TEXT).subarray(0, 15)],
};

/** Promises by name, that one request waits for and another resolves. */
class Signals {
  #waits = new Map();

  of(name) {
    if (!this.#waits.has(name)) this.#waits.set(name, Promise.withResolvers?.() ?? withResolvers());
    return this.#waits.get(name);
  }

  async wait(name) {
    const { promise } = this.of(name);
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${name} does not happen`)), LIMIT_MS);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  /** Resolves the wait; the next one for this name is another. */
  give(name, value) {
    this.of(name).resolve(value);
    this.#waits.delete(name);
  }
}

function withResolvers() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Serves on loopback until it is closed. `marks` has the names that the guest has marked. */
export async function startStreamingUpstream() {
  const state = {
    signals: new Signals(),
    together: [],
    received: new Map(),
    closed: new Map(),
    marks: [],
  };
  const server = createServer((request, response) => {
    respond(request, response, state).catch((error) => {
      response.destroy(error);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { base: `http://127.0.0.1:${server.address().port}`, close, ...state };
}

async function respond(request, response, { signals, together, received, closed, marks }) {
  const { pathname, searchParams } = new URL(request.url, "http://x");
  const [, name, parameter] = pathname.split("/");
  const tag = searchParams.get("tag") ?? parameter;
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  if (name === "together") {
    together.push(response);
    if (together.length === Number(parameter)) {
      for (const waiting of together.splice(0)) waiting.end("together");
    }
  } else if (name === "after") {
    await sleep(Number(parameter));
    response.end("later");
  } else if (name === "never") request.resume();
  else if (name === "stall") {
    response.on("close", () => closed.set(tag, true));
    response.writeHead(200, { "content-length": 100 });
    response.write("half");
  } else if (name === "closed") {
    for (let n = 0; n < 100 && !closed.get(parameter); n += 1) await sleep(20);
    response.end(closed.get(parameter) ? "closed" : "open");
  } else if (name === "redirect") {
    request.resume();
    response.writeHead(Number(parameter), { location: searchParams.get("to") ?? "/hello" });
    response.end();
  } else if (name === "loop") {
    response.writeHead(302, { location: "/loop" });
    response.end();
  } else if (name === "echo") {
    const chunks = await request.toArray();
    const { method, rawHeaders, headers } = request;
    response.setHeader("x-bytes", "caf\u00e9");
    const seen = { method, headers, rawHeaders, body: Buffer.concat(chunks).toString() };
    // Bytes, because Node would encode the head like a text.
    response.end(Buffer.from(JSON.stringify(seen)));
  } else if (name === "upload") {
    received.set(tag, "");
    let length = 0;
    request.on("close", () => request.complete || closed.set(tag, true));
    request.on("error", () => closed.set(tag, true));
    for await (const chunk of request) {
      length += chunk.byteLength;
      if (searchParams.has("count")) continue;
      received.set(tag, received.get(tag) + chunk);
    }
    response.end(searchParams.has("count") ? String(length) : received.get(tag));
  } else if (name === "received") {
    const length = Number(searchParams.get("length"));
    for (let n = 0; n < 100 && (received.get(tag) ?? "").length < length; n += 1) await sleep(20);
    response.end(received.get(tag) ?? "");
  } else if (name === "lines") {
    for (const line of ["one\n", "two\n", "three\n"]) {
      response.write(line);
      await sleep(10);
    }
    response.end();
  } else if (name === "gzipped-file") response.end(gzipSync("a file"));
  else if (name === "coded" && parameter === "pieces") {
    // Two members, byte by byte.
    response.writeHead(200, { "content-encoding": "gzip" });
    for (const byte of CODED.members[1]) {
      response.write(Uint8Array.of(byte));
      await sleep(0);
    }
    response.end();
  } else if (name === "coded") {
    const [coding, bytes] = CODED[parameter];
    response.writeHead(200, { "content-encoding": coding, "content-length": bytes.length });
    response.end(bytes);
  } else if (name === "coded-events") {
    response.writeHead(200, { "content-encoding": "gzip" });
    const gzip = createGzip();
    gzip.pipe(response);
    for (const event of ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"]) {
      gzip.write(event);
      gzip.flush(constants.Z_SYNC_FLUSH);
      await signals.wait("next coded");
    }
    gzip.end();
  } else if (name === "events") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const event of ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"]) {
      response.write(event);
      await signals.wait("next event");
    }
    response.end();
  } else if (name === "next") {
    signals.give(`next ${parameter}`);
    response.end();
  } else if (name === "large") {
    response.writeHead(200, { "content-length": parameter });
    for (let left = Number(parameter); left > 0; left -= MEBIBYTE.byteLength) {
      if (!response.write(MEBIBYTE.subarray(0, left))) await once(response, "drain");
    }
    response.end();
  } else if (name === "mark") {
    marks.push(parameter);
    response.end();
    signals.give(`mark ${parameter}`);
  } else if (name === "cut") {
    request.socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this");
  } else if (name === "reset") request.socket.destroy();
  else response.end("hello");
}
