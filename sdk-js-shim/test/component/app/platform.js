// What the platform of a component has, and how it behaves.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, test } from "node:test";
import { componentOf, request } from "../harness.js";
import { cases, namesFor, run } from "../platform/cases.js";

const here = (name) => new URL(`../platform/${name}`, import.meta.url);
let component;

before(async () => {
  ({ component } = await componentOf("app"));
});

test("component: the minimum common web API is complete, except for what the table names", async () => {
  const { missing } = JSON.parse(await readFile(here("wintertc.json"), "utf8"));
  const { body, stderr } = await request(component, "/missing");
  assert.deepEqual(JSON.parse(body || "[]").sort(), Object.keys(missing).sort(), stderr);
});

for (const [runtime, observe] of [
  ["component", observeComponent],
  ["node", () => run(namesFor("node"))],
]) {
  test(`${runtime}: the platform behaves as the standards say`, async (context) => {
    await import("spin-fetch");
    const got = await observe();
    for (const name of namesFor(runtime)) {
      await context.test(name, () => assert.deepEqual(got[name], cases[name][1]));
    }
  });
}

async function observeComponent() {
  const { body, stderr } = await request(component, "/cases", { environment: { NAME: "value" } });
  assert.notEqual(body, "", stderr);
  return JSON.parse(body);
}

test("component: each call of crypto.subtle works, or says what to use", async () => {
  const keys = await makeKeys();
  const { body, stderr } = await request(
    component,
    "/crypto",
    {},
    {
      method: "POST",
      body: JSON.stringify(keys),
    },
  );
  assert.notEqual(body, "", stderr);
  const wrong = Object.entries(JSON.parse(body)).filter(([name, got]) => !isRight(name, got));
  assert.deepEqual(wrong, []);
});

function isRight(name, got) {
  const [first, operation] = name.split(" ");
  if (name === "digest SHA3-256")
    return /^NotSupportedError: .*does not support SHA3-256; use SHA-1/.test(got);
  if (first === "digest") return typeof got === "number";
  if (first === "HMAC") return got === true;
  if (["RS256", "ES256", "ES384", "ES512"].includes(first)) {
    const want = { jwk: "true,false,false,false", pkcs8: "private", damaged: "errors" };
    return got === (want[operation] ?? true);
  }
  if (operation === "damaged") return got === "errors";
  // The key of `sign` is for HMAC.
  const isMismatch = first === "sign" && /^InvalidAccessError: /.test(got);
  return isMismatch || /^NotSupportedError: .*(?:use|import|keep) /.test(got);
}

/** Keys and signatures of Node. */
async function makeKeys() {
  const { subtle } = crypto;
  const rsa = { hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  const keys = {};
  for (const [name, made, use] of [
    ["RS256", { name: "RSASSA-PKCS1-v1_5", ...rsa }, "RSASSA-PKCS1-v1_5"],
    ["PS256", { name: "RSA-PSS", ...rsa }, { name: "RSA-PSS", saltLength: 32 }],
    ["ES256", { name: "ECDSA", namedCurve: "P-256" }, { name: "ECDSA", hash: "SHA-256" }],
    ["ES384", { name: "ECDSA", namedCurve: "P-384" }, { name: "ECDSA", hash: "SHA-384" }],
    ["ES512", { name: "ECDSA", namedCurve: "P-521" }, { name: "ECDSA", hash: "SHA-512" }],
    ["EdDSA", { name: "Ed25519" }, "Ed25519"],
  ]) {
    const { publicKey, privateKey } = await subtle.generateKey(made, true, ["sign", "verify"]);
    const base64 = (bytes) => Buffer.from(bytes).toString("base64");
    const { hash, namedCurve } = made;
    keys[name] = {
      import: { name: made.name, hash, namedCurve },
      use,
      publicJwk: await subtle.exportKey("jwk", publicKey),
      privateJwk: await subtle.exportKey("jwk", privateKey),
      spki: base64(await subtle.exportKey("spki", publicKey)),
      pkcs8: base64(await subtle.exportKey("pkcs8", privateKey)),
      signature: base64(await subtle.sign(use, privateKey, Buffer.from("hello"))),
    };
  }
  return keys;
}
