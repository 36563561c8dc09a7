/**
 * `blob:` URLs: the store behind `URL.createObjectURL` (File API, section 8).
 *
 * It is the shim's own, because no engine shows its store. An entry lives as long as the instance.
 */

const store = new Map<string, Blob>();

/** A URL under which `fetch` finds the blob. */
export function createObjectURL(blob: unknown): string {
  if (!(blob instanceof Blob)) throw new TypeError("createObjectURL takes a Blob or File");
  const url = `blob:null/${crypto.randomUUID()}`;
  store.set(url, blob);
  return url;
}

/** Forgets the blob of a URL. */
export function revokeObjectURL(url: unknown): void {
  store.delete(String(url));
}

/** The blob of a URL, whose fragment does not count. */
export function resolveObjectUrl(url: string): Blob | undefined {
  return store.get(url);
}
