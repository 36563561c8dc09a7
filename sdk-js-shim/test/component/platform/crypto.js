// Calls of `crypto.subtle`: each resolves, or rejects with an error that the table names.

const data = new TextEncoder().encode("hello");
const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
/** How a call settles. Each settles at once, because the engine has no other threads. */
const outcome = (promise, limitMs = 5) =>
  Promise.race([
    promise.then(shown, (error) => `${error.name}: ${error.message}`),
    new Promise((resolve) => setTimeout(() => resolve("never settles"), limitMs)),
  ]);

function shown(value) {
  if (value instanceof ArrayBuffer) return value.byteLength;
  return value instanceof CryptoKey ? value.type : value;
}

/** The operations with keys that Node made. */
const WITH_KEYS = {
  "jwk public": async ({ import: algorithm, use, publicJwk, signature }) => {
    const key = await crypto.subtle.importKey("jwk", publicJwk, algorithm, false, ["verify"]);
    const verify = (signature, data) => crypto.subtle.verify(use, key, signature, data);
    const forged = bytesOf(signature);
    forged[7] ^= 1;
    return [
      await verify(bytesOf(signature), data),
      await verify(forged, data),
      await verify(bytesOf(signature), new Uint8Array(1)),
      await verify(new Uint8Array(3), data),
    ].join();
  },
  spki: async ({ import: algorithm, use, spki, signature }) => {
    const key = await crypto.subtle.importKey("spki", bytesOf(spki), algorithm, false, ["verify"]);
    return crypto.subtle.verify(use, key, bytesOf(signature), data);
  },
  sign: async ({ import: algorithm, use, privateJwk, publicJwk }) => {
    const { subtle } = crypto;
    const key = await subtle.importKey("jwk", privateJwk, algorithm, false, ["sign"]);
    const other = await subtle.importKey("jwk", publicJwk, algorithm, false, ["verify"]);
    return subtle.verify(use, other, await subtle.sign(use, key, data), data);
  },
  pkcs8: async ({ import: algorithm, pkcs8 }) =>
    crypto.subtle.importKey("pkcs8", bytesOf(pkcs8), algorithm, false, ["sign"]),
  damaged: async ({ import: algorithm, publicJwk, privateJwk, spki }) => {
    const outcomes = [];
    const importing = async (format, key, usage) =>
      outcomes.push(await outcome(crypto.subtle.importKey(format, key, algorithm, false, [usage])));
    const numbers = ["n", "e", "x", "y", "d", "p"].filter((name) => name in privateJwk);
    for (const name of numbers) {
      const isPublic = name in publicJwk;
      const [jwk, usage] = isPublic ? [publicJwk, "verify"] : [privateJwk, "sign"];
      // The engine checks the primes of a private RSA key, which takes seconds.
      const numbers = isPublic ? ["AA", publicJwk.y ?? "AAAA"] : [];
      for (const value of ["", "!", undefined, ...numbers]) {
        await importing("jwk", { ...jwk, [name]: value }, usage);
      }
    }
    for (const jwk of [{ kty: publicJwk.kty }, {}, "text"]) await importing("jwk", jwk, "verify");
    const parameters = { ...algorithm, namedCurve: "P-999", hash: "SHA-999" };
    outcomes.push(
      await outcome(crypto.subtle.importKey("jwk", publicJwk, parameters, false, ["verify"])),
    );
    if (publicJwk.kty === "RSA") {
      for (const length of [3, 3 + 2 + 256]) {
        const zero = bytesOf(spki).fill(0, -length, length === 3 ? undefined : -5);
        await importing("spki", zero, "verify");
      }
    }
    for (const format of ["spki", "pkcs8", "raw", "other"]) {
      for (const usage of ["sign", "verify"]) await importing(format, new Uint8Array(5), usage);
    }
    const settled = outcomes.filter((got) => !/Error: |KeyValidation/.test(got));
    // `y` in the place of `y` is the right key.
    return settled.filter((got) => got !== "public").length === 0 ? "errors" : outcomes;
  },
};

const ALGORITHMS = [
  "AES-GCM",
  "AES-CBC",
  "AES-CTR",
  "AES-KW",
  "HKDF",
  "PBKDF2",
  "ECDH",
  "X25519",
  "RSA-OAEP",
  "Nonsense",
];

/** Runs the table. `keys` has keys and signatures by name. */
export async function runCrypto(keys) {
  const { subtle } = crypto;
  const got = {};
  for (const [name, key] of Object.entries(keys)) {
    for (const [operation, run] of Object.entries(WITH_KEYS)) {
      got[`${name} ${operation}`] = await outcome(run(key), 30_000);
    }
  }
  for (const name of ["SHA-1", "SHA-256", "sha-384", "SHA-512", "SHA3-256"]) {
    got[`digest ${name}`] = await outcome(subtle.digest(name, data));
  }
  for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) {
    const algorithm = { name: "HMAC", hash };
    const key = await subtle.importKey("raw", data, algorithm, false, ["sign", "verify"]);
    const signature = await subtle.sign("HMAC", key, data);
    got[`HMAC ${hash}`] = await subtle.verify("HMAC", key, signature, data);
  }
  const secret = await subtle.importKey("raw", data, { name: "HMAC", hash: "SHA-256" }, true, [
    "sign",
  ]);
  for (const name of ALGORITHMS) {
    const algorithm = { name, hash: "SHA-256", namedCurve: "P-256", length: 256 };
    for (const format of ["raw", "jwk"]) {
      const key = format === "raw" ? new Uint8Array(32) : { kty: "oct", k: "aGVsbG8" };
      got[`import ${format} ${name}`] = await outcome(
        subtle.importKey(format, key, algorithm, true, ["encrypt"]),
      );
    }
    for (const operation of ["sign", "encrypt", "decrypt"]) {
      got[`${operation} ${name}`] = await outcome(subtle[operation](algorithm, secret, data));
    }
    got[`generateKey ${name}`] = await outcome(subtle.generateKey(algorithm, true, ["encrypt"]));
    got[`deriveBits ${name}`] = await outcome(subtle.deriveBits(algorithm, secret, 8));
    got[`deriveKey ${name}`] = await outcome(subtle.deriveKey(algorithm, secret, "HMAC", true, []));
    got[`wrapKey ${name}`] = await outcome(subtle.wrapKey("raw", secret, secret, algorithm));
  }
  got.exportKey = await outcome(subtle.exportKey("raw", secret));
  return got;
}
