// Every error code of wasi:http has its code in the SDK.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { errorOfCode } from "../dist/wasi/error.js";
import { ERROR_CODES } from "../dist/wasi/error-code.js";
import { isFailure } from "./support.js";

const read = (path) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
const toCode = (kind) => kind.replace(/(?!^)[A-Z]/g, "-$&").toLowerCase();
const CONTEXT = { method: "GET", url: "http://a.test/" };

test("the table of error codes is the one that all SDKs share, and complete", async () => {
  const { codes } = JSON.parse(await read("host-test-harness/conformance/wasi-error-codes.json"));
  const want = Object.entries(codes).map(([name, kind]) => [name, toCode(kind)]);
  assert.deepEqual(Object.entries(ERROR_CODES), want);
  const wit = await read("wit/deps/wasi-http/http.wit");
  const variant = /variant error-code \{([\s\S]*?)\n {2}\}/.exec(wit)[1];
  const names = [...variant.matchAll(/^ {4}([A-Za-z-]+)/gm)].map(([, name]) => name);
  assert.deepEqual(Object.keys(ERROR_CODES), names);
});

test("an error has the code of the host, and says what the host says", () => {
  for (const [tag, code] of Object.entries(ERROR_CODES)) {
    const error = errorOfCode({ tag }, CONTEXT);
    isFailure(error, code, tag);
    assert.equal(error.cause.causeCode, tag);
    assert(error.message.startsWith("GET http://a.test/: "), error.message);
    assert(error.message.includes(`(${tag})`), error.message);
  }
  for (const [code, want] of [
    [{ tag: "internal-error", val: "why" }, "the request failed (internal-error: why)"],
    [{ tag: "internal-error", val: undefined }, "the request failed (internal-error)"],
    [{ tag: "HTTP-response-body-size", val: 5n }, "(HTTP-response-body-size: 5)"],
    [
      { tag: "DNS-error", val: { rcode: "NXDOMAIN", infoCode: undefined } },
      "(DNS-error: rcode NXDOMAIN)",
    ],
    [{ tag: "HTTP-request-denied" }, 'add "http://a.test" to allowed_outbound_hosts'],
  ]) {
    const { message } = errorOfCode(code, CONTEXT);
    assert(message.includes(want), message);
  }
});

test("a host without an error code, or with an unknown one, gives an error", () => {
  isFailure(errorOfCode(undefined, CONTEXT), "runtime-error");
  isFailure(errorOfCode({ tag: "toString" }, CONTEXT), "invalid-response");
});
