/** Subresource Integrity, section 3.3: whether a body matches one of the listed hashes. */

const STRENGTHS = ["sha256", "sha384", "sha512"];

/** Whether `bytes` match one of the strongest hashes in `metadata`; `true` if it has no hash. */
export async function matchesIntegrity(
  bytes: Uint8Array<ArrayBuffer>,
  metadata: string,
): Promise<boolean> {
  const hashes = metadata
    .split(/[\t\n\f\r ]+/)
    .map((item) => /^(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})(?:\?.*)?$/i.exec(item))
    .filter((match) => match !== null)
    .map(([, algorithm = "", value = ""]) => ({ algorithm: algorithm.toLowerCase(), value }));
  const strongest = STRENGTHS.findLast((name) => hashes.some((hash) => hash.algorithm === name));
  if (strongest === undefined) return true;
  const digest = await crypto.subtle.digest(strongest.replace("sha", "SHA-"), bytes);
  const actual = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return hashes.some(
    ({ algorithm, value }) =>
      algorithm === strongest && value.replace(/-/g, "+").replace(/_/g, "/") === actual,
  );
}
