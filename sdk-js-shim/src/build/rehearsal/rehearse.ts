/**
 * Sends a component one request while it is built, and keeps what its memory is then (`src/rehearsal.ts` says why).
 *
 * Wizer runs the top level of the program, but cannot call an export with arguments, or implement imports other than
 * those of WASI. So the snapshot that it makes runs here, in Node.
 */

import { BODY, RehearsalHost } from "./host.js";
import { replaceMemory } from "./module.js";

/** The engine did not find the exports of the world in the program, because its top level has not ended. */
export class UnfinishedError extends Error {}

/**
 * Returns `snapshot` with the memory that it has after a request.
 *
 * @throws UnfinishedError if the top level of the program has not ended. Error if the request fails, which no program
 * causes.
 */
export async function rehearse(snapshot: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const host = new RehearsalHost();
  const exports = await host.instantiate(await WebAssembly.compile(snapshot));
  if (exports.check_init?.() !== 0) throw new UnfinishedError();
  const { status, body } = host.handle();
  if (status !== 200 || body !== BODY || host.output !== "") {
    const got = `status ${status} and body ${JSON.stringify(body)}`;
    throw new Error(`the rehearsal of a request failed with ${got}\n${host.output}`.trimEnd());
  }
  return replaceMemory(snapshot, new Uint8Array(exports.memory.buffer));
}
