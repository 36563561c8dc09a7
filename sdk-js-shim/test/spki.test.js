import assert from "node:assert/strict";
import { test } from "node:test";
import { spkiOf } from "../dist/spki.js";

const { subtle } = crypto;

test("native: the SPKI of a JWK is that of Node", async () => {
  for (const algorithm of [
    ...[2048, 3072].map((modulusLength) => ({
      name: "RSASSA-PKCS1-v1_5",
      hash: "SHA-256",
      modulusLength,
      publicExponent: new Uint8Array([1, 0, 1]),
    })),
    ...["P-256", "P-384", "P-521"].map((namedCurve) => ({ name: "ECDSA", namedCurve })),
  ]) {
    const { publicKey } = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const want = new Uint8Array(await subtle.exportKey("spki", publicKey));
    assert.deepEqual(spkiOf(await subtle.exportKey("jwk", publicKey)), want);
  }
});

test("native: a JWK without a key has no SPKI", () => {
  const [x, y] = ["A".repeat(43), "A".repeat(43)];
  for (const jwk of [
    {},
    { kty: "RSA" },
    { kty: "RSA", n: "", e: "AQAB" },
    { kty: "RSA", n: "AQAB", e: "=" },
    { kty: "RSA", n: "AAAA", e: "AQAB" },
    { kty: "RSA", n: "AQAB", e: "AA" },
    { kty: "EC", crv: "P-256", x },
    { kty: "EC", crv: "P-256", x, y: "AA" },
    { kty: "EC", crv: "P-999", x, y },
    { kty: "EC", crv: "P-256", x, y: 5 },
  ]) {
    assert.equal(spkiOf(jwk), undefined, JSON.stringify(jwk));
  }
});
