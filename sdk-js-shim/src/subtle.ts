/**
 * `crypto.subtle`: the engine has digests, HMAC, RSASSA-PKCS1-v1_5 and ECDSA. Any other call rejects
 * with a `NotSupportedError` that names a library.
 */

import { isBuilding } from "#host";
import { define } from "./define.js";
import { frozen } from "./snapshot.js";
import { hasZero, spkiOf } from "./spki.js";

type Call = (...args: unknown[]) => Promise<unknown>;

/** What to use instead of an operation that the engine lacks. */
const OPERATIONS: Readonly<Record<string, string>> = {
  encrypt: "use the package @noble/ciphers",
  decrypt: "use the package @noble/ciphers",
  deriveBits: "use the package @noble/hashes, or @noble/curves for ECDH",
  deriveKey: "use the package @noble/hashes, or @noble/curves for ECDH",
  generateKey:
    "import the bytes of crypto.getRandomValues as an HMAC key, or use the package @noble/curves",
  exportKey: "keep the data that the key was imported from",
  wrapKey: "use the package @noble/ciphers",
  unwrapKey: "use the package @noble/ciphers",
};

/** What to use instead of an algorithm that the engine lacks. */
const ALGORITHMS: readonly [name: RegExp, advice: string][] = [
  [/^AES-/i, "use the package @noble/ciphers"],
  [/^(?:HKDF|PBKDF2)$/i, "use the package @noble/hashes"],
  [/^(?:Ed25519|Ed448|X25519|X448|ECDH)$/i, "use the package @noble/curves"],
  [/^RSA-(?:PSS|OAEP)$/i, "use the package node-forge, or keys for RSASSA-PKCS1-v1_5"],
];

/** The algorithms with keys that the engine has. */
const WITH_KEYS = /^(?:HMAC|RSASSA-PKCS1-v1_5|ECDSA)$/i;

/** The formats of keys that the engine reads. It ends the instance for some of the others. */
const FORMATS: readonly [name: RegExp, formats: readonly string[]][] = [
  [/^(?:RSASSA-PKCS1-v1_5|ECDSA)$/i, ["jwk", "spki", "pkcs8"]],
  [/^HMAC$/i, ["jwk", "raw"]],
];

/** What the engine needs of a private RSA key. */
const RSA_MEMBERS = ["d", "p", "q", "dp", "dq", "qi"];

const CURVES = ["P-256", "P-384", "P-521"];

const SUPPORTED = "use SHA-1, SHA-256, SHA-384, SHA-512, HMAC, RSASSA-PKCS1-v1_5 or ECDSA";

/** Makes every call work or say what to use. */
export function completeSubtle(): void {
  if (!isBuilding()) return;
  const prototype = SubtleCrypto.prototype as unknown as Record<string, Call>;
  for (const [name, advice] of Object.entries(OPERATIONS)) {
    if (name in prototype) continue;
    const reject = async () => {
      throw notSupported(`crypto.subtle.${name}() is not supported; ${advice}`);
    };
    define(prototype, { [name]: reject });
  }
  for (const [name, position, supported] of [
    ["digest", 0, /^SHA-(?:1|256|384|512)$|^MD5$/i],
    ["importKey", 2, WITH_KEYS],
    ["sign", 0, WITH_KEYS],
    ["verify", 0, WITH_KEYS],
  ] as const) {
    const native = prototype[name] as Call;
    define(prototype, {
      async [name](this: SubtleCrypto, ...args: unknown[]) {
        const algorithm = nameOf(args[position]);
        // OpenSSL seeds its random numbers when it first gets such a key, and the component would keep them.
        if (isBuilding() && /^(?:RSA|EC)/i.test(algorithm)) {
          throw new Error(frozen(`crypto.subtle.${name}() with ${algorithm}`));
        }
        // The engine ends the instance for some algorithms that it knows, but does not support.
        if (!supported.test(algorithm)) throw unsupportedAlgorithm(name, algorithm);
        if (name === "importKey") {
          checkKey(String(args[0]), algorithm, args[position]);
          if (args[0] === "spki") checkSpki(args[1]);
          if (args[0] === "jwk") await checkJwk(native.bind(this), args[1], args[position]);
          return (native.apply(this, args) as Promise<unknown>).catch(correctName);
        }
        return native.apply(this, args);
      },
    });
  }
}

/** Rethrows an error of the engine, which confuses the name and the message for wrong numbers of an EC key. */
function correctName(error: Error): never {
  if (/Error$/.test(error.name)) throw error;
  throw new DOMException(`crypto.subtle.importKey(): ${error.name}`, "DataError");
}

function nameOf(algorithm: unknown): string {
  const object = algorithm as { name?: unknown } | null | undefined;
  return String(typeof algorithm === "object" ? object?.name : algorithm);
}

function checkKey(format: string, algorithm: string, parameters: unknown): void {
  const curve = String((parameters as { namedCurve?: unknown } | undefined)?.namedCurve);
  if (/^ECDSA$/i.test(algorithm) && !CURVES.includes(curve)) {
    const advice = `use ${CURVES.join(" or ")}`;
    throw notSupported(`crypto.subtle.importKey() does not support the curve ${curve}; ${advice}`);
  }
  const formats = FORMATS.find(([name]) => name.test(algorithm))?.[1];
  if (!formats || formats.includes(format)) return;
  const advice = `use ${formats.join(" or ")}`;
  throw notSupported(
    `crypto.subtle.importKey() does not support ${format} keys of ${algorithm}; ${advice}`,
  );
}

/** Throws if the engine would end the instance for a key. */
function checkSpki(key: unknown): void {
  const bytes = ArrayBuffer.isView(key)
    ? new Uint8Array(key.buffer, key.byteOffset, key.byteLength)
    : key instanceof ArrayBuffer && new Uint8Array(key);
  if (bytes && hasZero(bytes)) {
    const message = "crypto.subtle.importKey(): the modulus or the exponent of the RSA key is 0";
    throw new DOMException(message, "DataError");
  }
}

/** Rejects if the engine would end the instance, because the numbers of an RSA or EC key are wrong. */
async function checkJwk(importKey: Call, jwk: unknown, algorithm: unknown): Promise<void> {
  if (typeof jwk !== "object" || jwk === null) return;
  const members = jwk as Record<string, unknown>;
  const kty = /^ECDSA$/i.test(nameOf(algorithm)) ? "EC" : "RSA";
  if (members.kty !== kty || /^HMAC$/i.test(nameOf(algorithm))) return;
  const spki = spkiOf(members);
  const needed = members.d === undefined ? [] : kty === "EC" ? ["d"] : RSA_MEMBERS;
  const isWhole = needed.every((name) => /^[\w-]+$/.test(String(members[name])));
  const isValid =
    spki &&
    isWhole &&
    (await importKey("spki", spki, algorithm, true, ["verify"]).catch((error: Error) => {
      // The algorithm is wrong, and not the key.
      if (error.name === "NotSupportedError") throw error;
    }));
  if (!isValid) {
    const message = `crypto.subtle.importKey(): the JWK has no valid ${kty} key; check its numbers`;
    throw new DOMException(message, "DataError");
  }
}

function unsupportedAlgorithm(call: string, algorithm: string): DOMException {
  const advice = ALGORITHMS.find(([name]) => name.test(algorithm))?.[1] ?? SUPPORTED;
  return notSupported(`crypto.subtle.${call}() does not support ${algorithm}; ${advice}`);
}

function notSupported(message: string): DOMException {
  return new DOMException(message, "NotSupportedError");
}
