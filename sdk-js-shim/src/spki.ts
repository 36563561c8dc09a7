/**
 * The SubjectPublicKeyInfo (RFC 5280) of a public key in JWK (RFC 7518, section 6), in DER.
 *
 * The engine ends the instance for a JWK with a wrong number, but checks this format.
 */

/** The members of a JWK that have the key, in base64url. */
interface Jwk {
  kty?: unknown;
  crv?: unknown;
  x?: unknown;
  y?: unknown;
  n?: unknown;
  e?: unknown;
}

/** AlgorithmIdentifier of RSA. */
const RSA = [0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
const EC_PUBLIC_KEY = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
/** The object identifiers of curves. */
const CURVES: Readonly<Record<string, readonly number[]>> = {
  "P-256": [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7],
  "P-384": [6, 5, 0x2b, 0x81, 4, 0, 0x22],
  "P-521": [6, 5, 0x2b, 0x81, 4, 0, 0x23],
};
/** The length of a coordinate in bytes. */
const LENGTHS: Readonly<Record<string, number>> = { "P-256": 32, "P-384": 48, "P-521": 66 };

const [INTEGER, BIT_STRING, SEQUENCE] = [2, 3, 0x30];

/** The key in DER; `undefined` if the JWK lacks a member, or one has the wrong form. */
export function spkiOf(jwk: Jwk): Uint8Array | undefined {
  try {
    return jwk.kty === "RSA" ? spkiOfRsa(jwk) : spkiOfEc(jwk);
  } catch {
    return undefined;
  }
}

function spkiOfRsa({ n, e }: Jwk): Uint8Array {
  const key = der(SEQUENCE, [...integer(decode(n)), ...integer(decode(e))]);
  return Uint8Array.from(der(SEQUENCE, [...RSA, ...der(BIT_STRING, [0, ...key])]));
}

function spkiOfEc({ crv, x, y }: Jwk): Uint8Array | undefined {
  const curve = CURVES[String(crv)];
  const coordinates = [decode(x), decode(y)];
  const length = LENGTHS[String(crv)];
  if (!curve || coordinates.some((bytes) => bytes.length !== length)) return undefined;
  const algorithm = der(SEQUENCE, [...EC_PUBLIC_KEY, ...curve]);
  // 0 unused bits; 4 is an uncompressed point.
  const point = der(BIT_STRING, [0, 4, ...coordinates.flat()]);
  return Uint8Array.from(der(SEQUENCE, [...algorithm, ...point]));
}

function decode(value: unknown): number[] {
  const text = String(value);
  if (typeof value !== "string" || !/^[\w-]+$/.test(text)) throw new TypeError("not base64url");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Array.from(binary, (character) => character.charCodeAt(0));
}

/** Whether the modulus or the exponent of an RSA key is 0, for which the engine ends the instance. */
export function hasZero(spki: Uint8Array): boolean {
  const key = enter(spki, SEQUENCE);
  const bits = key && enter(after(key), BIT_STRING);
  const numbers = bits && enter(bits.subarray(1), SEQUENCE);
  const modulus = numbers && enter(numbers, INTEGER);
  const exponent = modulus && enter(after(numbers), INTEGER);
  // The engine rejects a key of another form.
  return [modulus, exponent].some((number) => number?.every((byte) => byte === 0));
}

/** The content of the first value of `der` if it has this tag. */
function enter(der: Uint8Array, tag: number): Uint8Array | undefined {
  const value = first(der);
  if (!value || der[0] !== tag || value.end > der.length) return undefined;
  return der.subarray(value.start, value.end);
}

/** What follows the first value of `der`. */
function after(der: Uint8Array): Uint8Array {
  return der.subarray(first(der)?.end ?? der.length);
}

/** Where the content of the first value of `der` is. */
function first(der: Uint8Array): { start: number; end: number } | undefined {
  const length = der[1];
  if (length === undefined) return undefined;
  if (length < 0x80) return { start: 2, end: 2 + length };
  const start = 2 + (length & 0x7f);
  const bytes = der.subarray(2, start);
  return { start, end: start + bytes.reduce((sum, byte) => sum * 256 + byte, 0) };
}

/** A positive number. The highest bit of the first byte would be its sign. */
function integer(bytes: number[]): number[] {
  const start = bytes.findIndex((byte) => byte !== 0);
  // The engine ends the instance for a key whose modulus or exponent is 0.
  if (start === -1) throw new RangeError("the number is 0");
  const digits = bytes.slice(start);
  return der(INTEGER, (digits[0] ?? 0) >= 0x80 ? [0, ...digits] : digits);
}

function der(tag: number, content: readonly number[]): number[] {
  const { length } = content;
  if (length < 0x80) return [tag, length, ...content];
  const bytes = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return [tag, 0x80 | bytes.length, ...bytes, ...content];
}
