/**
 * Random numbers of OpenSSL, which the engine uses for RSA and elliptic curves.
 *
 * OpenSSL asks `random_get` of WASI 0.1. componentize-js makes each call of it end the instance. A
 * component imports `wasi:random` 0.2, and the adapter of WASI 0.1 implements `random_get` with it.
 * So the import gets another name, which componentize-js does not know, in the snapshot and in the
 * adapter. Wizer runs the engine before, with the usual name.
 */

/** A name of the same length as `random_get`, because lengths precede names in the binary format. */
const NAME = "random_Get";

const IMPORT = "\x16wasi_snapshot_preview1\x0arandom_get";
const EXPORT = "\x0arandom_get";

/**
 * Connects the random numbers of OpenSSL with those of the host.
 *
 * @throws Error if the engine or the adapter has no such import or export, because both are pinned.
 */
export function keepRandom(
  snapshot: Uint8Array,
  adapter: Uint8Array,
): { module: Uint8Array; adapter: Uint8Array } {
  return { module: rename(snapshot, IMPORT), adapter: rename(adapter, EXPORT) };
}

/** Renames the first field, which is in the section of imports or exports; code follows later. */
function rename(module: Uint8Array, field: string): Uint8Array {
  const bytes = Buffer.from(module);
  const start = bytes.indexOf(field, 0, "latin1");
  if (start === -1) throw new Error("the engine does not import random_get; rebuild spin-fetch");
  bytes.write(NAME, start + field.length - NAME.length, "latin1");
  return bytes;
}
