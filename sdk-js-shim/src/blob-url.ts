/**
 * `blob:` URLs: the store behind `URL.createObjectURL` (File API, section 8).
 *
 * The SDK has its own store, because engines do not expose theirs. Entries last until they are
 * revoked or the instance ends.
 */

const store = new Map<string, Blob>();

/** Stores a blob and returns its URL. */
export function createObjectURL(blob: unknown): string {
  if (!(blob instanceof Blob)) throw new TypeError("createObjectURL takes a Blob or a File");
  const url = `blob:null/${crypto.randomUUID()}`;
  store.set(url, blob);
  return url;
}

/** Removes the blob of a URL. */
export function revokeObjectURL(url: unknown): void {
  store.delete(String(url));
}

/** The blob of a URL without a fragment. */
export function resolveObjectUrl(url: string): Blob | undefined {
  return store.get(url);
}
