// The bodies are literals, because the engine, where these tests run too, has no encoders of these forms.

import assert from "node:assert/strict";
import { test } from "node:test";
import { headerList } from "spin-fetch";
import { MAX_DECODED_BYTES } from "../dist/content-coding.js";
import { fetchOver, isFailure } from "./support.js";

const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const join = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));

const GZIP = fromBase64("H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA==");
const ZLIB = fromBase64("eJzLSM3JyQcABiwCFQ==");
const RAW = ZLIB.slice(2, -4);
const HELLO = new TextEncoder().encode("hello");

const wire = (coding, body) => ({
  headers: [
    ["content-type", "text/plain"],
    ...[coding].flat().map((value) => ["Content-Encoding", value]),
    ["Content-Length", String(body.length)],
  ],
  body,
});

test("a coded body is decoded, and the fields about the coded body are removed", async () => {
  for (const [coding, body, want = "hello"] of [
    ["gzip", GZIP],
    ["x-gzip", GZIP],
    ["GZip", GZIP],
    [" gzip ,, ", GZIP],
    ["identity", HELLO],
    ["gzip, identity", GZIP],
    ["deflate", ZLIB],
    ["deflate", RAW],
    ["gzip", join(GZIP, GZIP), "hellohello"],
    ["gzip", join(GZIP, new Uint8Array(3))],
    ["gzip", new Uint8Array(0), ""],
    ["deflate", new Uint8Array(0), ""],
  ]) {
    const { fetch } = fetchOver(wire(coding, body));
    const response = await fetch("http://a.test/");
    const what = `${coding} ${body}`;
    assert.equal(await response.text(), want, what);
    assert.deepEqual(headerList(response.headers), [["content-type", "text/plain"]], what);
  }
});

test("several codings are decoded in reverse order, from one field or from several", async () => {
  const stream = new Blob([ZLIB]).stream().pipeThrough(new CompressionStream("gzip"));
  const body = await new Response(stream).bytes();
  for (const coding of ["deflate, gzip", ["deflate", "gzip"]]) {
    const { fetch } = fetchOver(wire(coding, body));
    assert.equal(await (await fetch("http://a.test/")).text(), "hello", String(coding));
  }
});

test("an unknown coding is passed unchanged, with its fields", async () => {
  for (const coding of ["br", "zstd", "gzip, br", "br, gzip", "toString", "aws-chunked"]) {
    const { fetch } = fetchOver(wire(coding, GZIP));
    const response = await fetch("http://a.test/");
    assert.deepEqual([...(await response.bytes())], [...GZIP], coding);
    assert.equal(response.headers.get("content-encoding"), coding);
    assert.equal(response.headers.get("content-length"), String(GZIP.length));
  }
});

test("a response without a body keeps its fields", async () => {
  for (const [method, status] of [
    ["HEAD", 200],
    ["GET", 304],
  ]) {
    const { fetch } = fetchOver({ ...wire("gzip", new Uint8Array(0)), status });
    const response = await fetch("http://a.test/", { method });
    assert.equal(response.body, null);
    assert.equal(response.headers.get("content-encoding"), "gzip", method);
  }
});

test("a malformed body is an error that names the coding", async () => {
  const changed = GZIP.slice();
  changed[changed.length - 8] ^= 1;
  for (const [coding, body, cause] of [
    ["gzip", HELLO, "incorrect header check"],
    ["gzip", changed, "incorrect data check"],
    ["gzip", GZIP.slice(0, 12), "it ends too early"],
    ["gzip", GZIP.slice(0, -1), "it ends too early"],
    ["gzip", GZIP.slice(0, 1), "it ends too early"],
    ["gzip", join(GZIP, HELLO), "incorrect header check"],
    ["deflate", ZLIB.slice(0, -1), "it ends too early"],
    ["deflate", RAW.slice(0, 3), "it ends too early"],
    ["deflate", new Uint8Array([255, 255]), "invalid block type"],
  ]) {
    const { fetch } = fetchOver(wire(coding, body));
    const what = `${coding} ${body}`;
    const error = await fetch("http://a.test/x").catch((error) => error);
    isFailure(error, "runtime-error", what);
    const text = "the response body cannot be decoded as `content-encoding:";
    assert.equal(error.message, `GET http://a.test/x: ${text} ${coding}\`: ${cause}`, what);
  }
});

test("the size of a decoded body and the number of codings have a limit", async () => {
  assert.equal(MAX_DECODED_BYTES, 134_217_728);
  const { fetch } = fetchOver(wire("gzip, gzip, gzip, gzip, gzip, gzip", GZIP));
  const error = await fetch("http://a.test/").catch((error) => error);
  isFailure(error, "runtime-error");
  assert.match(error.message, /6 content codings; at most 5 are decoded/);
  const zeros = new ReadableStream({
    count: 0,
    pull(controller) {
      controller.enqueue(new Uint8Array(1024 * 1024));
      this.count += 1;
      if (this.count === 129) controller.close();
    },
  });
  const body = await new Response(zeros.pipeThrough(new CompressionStream("gzip"))).bytes();
  const large = await fetchOver(wire("gzip", body))
    .fetch("http://a.test/")
    .catch((error) => error);
  isFailure(large, "runtime-error");
  assert.match(large.message, /larger than 134217728 bytes when it is decoded/);
});
