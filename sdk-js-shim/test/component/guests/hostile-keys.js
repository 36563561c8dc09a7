// Keys and other arguments that `crypto.subtle` must reject, each of which may end the engine.

const bytes = (length, value = 1) => new Uint8Array(length).fill(value);
const base64url = (data) =>
  btoa(String.fromCharCode(...data))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const EC = { name: "ECDSA", namedCurve: "P-256" };
const HMAC = { name: "HMAC", hash: "SHA-256" };
/** The modulus of a valid key. */
const N =
  "iB31ypQmaTx9Tef6wdSiLbfp9ryJo1iahF7RqwmHxnlY4SAWnhZaggU1sOMCZbfO1zzZB7yNd1UgkWNsM1k2SuH-JKtbJiOCXFbdNEWL-mgTYW37XFcelyg6PYIPvwpqBK9b3z9wI3lNvxwRLwDJ-mwmQF5NkvqZ28XpZ0s6NMQU5y9CShY0vqxDUV1EwE6hv825PputSHL2BW_eNL_yMneb-4vxdxeja6vd05q5ysl1jkyhPrzC1ExyuNUjkgtYorw-H09-Wit9i9UGlMRWuH8kpIGj7mIpAT4JMT0PapMtuPBmBfUT0nFIedCuBK7cdmKbkBQknhTx0p-CUzcN3Q";
const GX = "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY";
const GY = "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";

const importing = (format, key, algorithm, usages = ["verify"]) =>
  crypto.subtle.importKey(format, key, algorithm, true, usages);

/** An RSA public key with this modulus and exponent. */
const rsa = (n, e = "AQAB") => importing("jwk", { kty: "RSA", n, e }, RSA);
const ec = (x, y, more = {}, usages) =>
  importing("jwk", { kty: "EC", crv: "P-256", x, y, ...more }, EC, usages);
const oct = (key) => importing("jwk", key, HMAC, ["sign"]);

async function hmacKey(usages = ["sign", "verify"]) {
  return importing("raw", bytes(32), HMAC, usages);
}

async function verified(signature, algorithm = "HMAC") {
  return crypto.subtle.verify(algorithm, await hmacKey(), signature, bytes(3));
}

const odd = (length) => base64url(bytes(length, 0xff));

/** What each case does. */
export const CASES = {
  jwkNull: () => importing("jwk", null, RSA),
  jwkText: () => importing("jwk", "a key", RSA),
  jwkEmpty: () => importing("jwk", {}, RSA),
  jwkBytes: () => importing("jwk", bytes(10), RSA),
  jwkGetter: () =>
    importing(
      "jwk",
      {
        get kty() {
          throw new RangeError("the getter");
        },
      },
      RSA,
    ),
  jwkOfOtherType: () => importing("jwk", { kty: "oct", k: "AQAB" }, RSA),
  jwkEcForRsa: () => importing("jwk", { kty: "EC", crv: "P-256", x: GX, y: GY }, RSA),
  jwkRsaForEc: () => importing("jwk", { kty: "RSA", n: N, e: "AQAB" }, EC),
  rsaEmpty: () => rsa("", ""),
  rsaZero: () => rsa("AA", "AA"),
  rsaTiny: () => rsa("Aw"),
  rsaEven: () => rsa(base64url(bytes(256, 0xfe))),
  rsaExponentOne: () => rsa(N, "AQ"),
  rsaExponentEven: () => rsa(N, "Ag"),
  rsaExponentHuge: () => rsa(N, odd(256)),
  rsaHuge: () => rsa(odd(5000)),
  rsaNotBase64: () => rsa("!!!!"),
  rsaNumbers: () => rsa(5, 3),
  rsaWrongPrivate: () =>
    importing(
      "jwk",
      {
        kty: "RSA",
        n: odd(256),
        e: "AQAB",
        d: odd(256),
        p: odd(128),
        q: odd(128),
        dp: odd(128),
        dq: odd(128),
        qi: odd(128),
      },
      RSA,
      ["sign"],
    ),
  rsaZeroPrivate: () =>
    importing(
      "jwk",
      {
        kty: "RSA",
        n: odd(256),
        e: "AQAB",
        d: "AA",
        p: "AA",
        q: "AA",
        dp: "AA",
        dq: "AA",
        qi: "AA",
      },
      RSA,
      ["sign"],
    ),
  rsaOther: () =>
    importing(
      "jwk",
      {
        kty: "RSA",
        n: odd(256),
        e: "AQAB",
        d: "AQ",
        p: "AQ",
        q: "AQ",
        dp: "AQ",
        dq: "AQ",
        qi: "AQ",
        oth: [],
      },
      RSA,
      ["sign"],
    ),
  rsaAlgMismatch: () => importing("jwk", { kty: "RSA", n: N, e: "AQAB", alg: "RS512" }, RSA),
  rsaUse: () => importing("jwk", { kty: "RSA", n: N, e: "AQAB", use: "enc" }, RSA),
  rsaKeyOps: () =>
    importing("jwk", { kty: "RSA", n: N, e: "AQAB", key_ops: ["verify", "verify"] }, RSA),
  rsaNotExtractable: () => importing("jwk", { kty: "RSA", n: N, e: "AQAB", ext: false }, RSA),
  rsaWithoutHash: () => importing("jwk", { kty: "RSA", n: N, e: "AQAB" }, { name: RSA.name }),
  rsaUnknownHash: () =>
    importing("jwk", { kty: "RSA", n: N, e: "AQAB" }, { name: RSA.name, hash: "SHA-3" }),
  rsaUsage: () => importing("jwk", { kty: "RSA", n: N, e: "AQAB" }, RSA, ["sign"]),
  ecNotOnCurve: () => ec(GX, GX),
  ecZero: () => ec(base64url(bytes(32, 0)), base64url(bytes(32, 0))),
  ecShort: () => ec("AQ", "AQ"),
  ecLong: () => ec(base64url(bytes(48)), base64url(bytes(48))),
  ecWithoutY: () => ec(GX, undefined),
  ecPrivateZero: () => ec(GX, GY, { d: base64url(bytes(32, 0)) }, ["sign"]),
  ecPrivateHuge: () => ec(GX, GY, { d: base64url(bytes(32, 0xff)) }, ["sign"]),
  ecPrivateShort: () => ec(GX, GY, { d: "AQ" }, ["sign"]),
  ecPrivateEmpty: () => ec(GX, GY, { d: "" }, ["sign"]),
  ecPrivateOfOther: () => ec(GX, GY, { d: base64url(bytes(32, 7)) }, ["sign"]),
  ecOtherCurve: () => ec(GX, GY, { crv: "P-384" }),
  ecUnknownCurve: () =>
    importing(
      "jwk",
      { kty: "EC", crv: "P-256K", x: GX, y: GY },
      { name: "ECDSA", namedCurve: "P-256K" },
    ),
  spkiEmpty: () => importing("spki", new Uint8Array(0), RSA),
  spkiGarbage: () => importing("spki", bytes(100, 0x30), RSA),
  spkiCut: () => importing("spki", Uint8Array.of(0x30, 0x82, 0x01), RSA),
  spkiHugeLength: () =>
    importing("spki", Uint8Array.of(0x30, 0x88, 255, 255, 255, 255, 255, 255, 255, 255), RSA),
  spkiEcGarbage: () => importing("spki", bytes(91, 0x30), EC),
  spkiText: () => importing("spki", "text", EC),
  spkiNull: () => importing("spki", null, EC),
  pkcs8Empty: () => importing("pkcs8", new Uint8Array(0), RSA, ["sign"]),
  pkcs8Garbage: () => importing("pkcs8", bytes(100, 0x30), RSA, ["sign"]),
  pkcs8EcGarbage: () => importing("pkcs8", bytes(100, 0x30), EC, ["sign"]),
  rawOfRsa: () => importing("raw", bytes(100), RSA),
  rawOfEc: () => importing("raw", bytes(65, 4), EC),
  hmacEmpty: () => importing("raw", new Uint8Array(0), HMAC, ["sign"]),
  hmacNull: () => importing("raw", null, HMAC, ["sign"]),
  hmacJwkEmpty: () => oct({ kty: "oct", k: "" }),
  hmacJwkWithout: () => oct({ kty: "oct" }),
  hmacJwkInvalid: () => oct({ kty: "oct", k: "!!" }),
  hmacJwkNumber: () => oct({ kty: "oct", k: 5 }),
  hmacJwkAlg: () => oct({ kty: "oct", k: "AQAB", alg: "HS512" }),
  hmacWithoutHash: () => importing("raw", bytes(3), { name: "HMAC" }, ["sign"]),
  hmacUnknownHash: () => importing("raw", bytes(3), { name: "HMAC", hash: "SHA-9" }, ["sign"]),
  hmacLengthZero: () => importing("raw", bytes(3), { ...HMAC, length: 0 }, ["sign"]),
  hmacLengthHuge: () => importing("raw", bytes(3), { ...HMAC, length: 2 ** 31 }, ["sign"]),
  hmacWithoutUsage: () => importing("raw", bytes(3), HMAC, []),
  hmacWrongUsage: () => importing("raw", bytes(3), HMAC, ["encrypt"]),
  usagesNotList: () => importing("raw", bytes(3), HMAC, "sign"),
  formatUnknown: () => importing("pem", "-----BEGIN", RSA),
  algorithmNull: () => importing("raw", bytes(3), null, ["sign"]),
  algorithmEmpty: () => importing("raw", bytes(3), {}, ["sign"]),
  signWithVerifier: async () => crypto.subtle.sign("HMAC", await hmacKey(["verify"]), bytes(3)),
  signWithOther: async () => crypto.subtle.sign(RSA, await hmacKey(), bytes(3)),
  signWithoutKey: () => crypto.subtle.sign("HMAC", null, bytes(3)),
  signWithObject: () => crypto.subtle.sign("HMAC", {}, bytes(3)),
  signText: async () => crypto.subtle.sign("HMAC", await hmacKey(), "text"),
  verifyEmpty: () => verified(new Uint8Array(0)),
  verifyShort: () => verified(bytes(5)),
  verifyLong: () => verified(bytes(5000)),
  verifyText: () => verified("text"),
  verifyEcEmpty: async () =>
    crypto.subtle.verify(
      { name: "ECDSA", hash: "SHA-256" },
      await ec(GX, GY),
      new Uint8Array(0),
      bytes(3),
    ),
  verifyEcLong: async () =>
    crypto.subtle.verify(
      { name: "ECDSA", hash: "SHA-256" },
      await ec(GX, GY),
      bytes(640, 0xff),
      bytes(3),
    ),
  verifyEcZero: async () =>
    crypto.subtle.verify(
      { name: "ECDSA", hash: "SHA-256" },
      await ec(GX, GY),
      bytes(64, 0),
      bytes(3),
    ),
  verifyEcWithoutHash: async () =>
    crypto.subtle.verify("ECDSA", await ec(GX, GY), bytes(64, 1), bytes(3)),
  verifyRsaEmpty: async () =>
    crypto.subtle.verify("RSASSA-PKCS1-v1_5", await rsa(N), new Uint8Array(0), bytes(3)),
  verifyRsaLong: async () =>
    crypto.subtle.verify("RSASSA-PKCS1-v1_5", await rsa(N), bytes(257, 0xff), bytes(3)),
  verifyRsaEven: async () =>
    crypto.subtle.verify(
      "RSASSA-PKCS1-v1_5",
      await rsa(base64url(bytes(256, 0xfe))),
      bytes(256, 1),
      bytes(3),
    ),
  digestNull: () => crypto.subtle.digest("SHA-256", null),
  digestText: () => crypto.subtle.digest("SHA-256", "text"),
  digestUnknown: () => crypto.subtle.digest("SHA-9", bytes(3)),
  digestNothing: () => crypto.subtle.digest(),
  randomNothing: () => crypto.getRandomValues(),
  randomFloat: () => crypto.getRandomValues(new Float64Array(2)),
  randomMany: () => crypto.getRandomValues(new Uint8Array(65_537)),
  generateKey: () => crypto.subtle.generateKey(EC, true, ["sign"]),
  exportKey: async () => crypto.subtle.exportKey("raw", await hmacKey()),
};
