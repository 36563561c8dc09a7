import assert from "node:assert/strict";
import { test } from "node:test";
import { hasZero, spkiOf } from "../dist/spki.js";

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

test("native: an RSA key with a number 0 is found, and nothing else is", async () => {
  const key = { kty: "RSA", n: "wAAB".repeat(64), e: "AQAB" };
  const spki = spkiOf(key);
  const end = spki.length;
  const changed = (change) => {
    const bytes = spki.slice();
    change(bytes);
    return bytes;
  };
  const rows = [
    ["a key", spki, false],
    ["the exponent 0", changed((bytes) => bytes.fill(0, end - 3)), true],
    ["the modulus 0", changed((bytes) => bytes.fill(0, end - 5 - 193, end - 5)), true],
    ["an EC key", spkiOf({ kty: "EC", crv: "P-256", x: "A".repeat(43), y: "A".repeat(43) }), false],
    ["text", new TextEncoder().encode("not a key"), false],
  ];
  for (let length = 0; length < end; length += 1) {
    rows.push([`${length} bytes`, spki.subarray(0, length), false]);
  }
  const wrong = rows.filter(([, bytes, want]) => hasZero(bytes) !== want).map(([name]) => name);
  assert.deepEqual(wrong, []);
});
