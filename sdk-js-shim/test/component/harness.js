// Builds a guest of the tests and sends it requests: in memory, or over HTTP where that is what is tested.

import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "spin-fetch/build";
import { App, HarnessError } from "spin-harness";

const HARNESS = process.env.SPIN_HARNESS ?? "spin-harness";
/** Compiling the engine takes half a minute if it is not cached, and other processes may compile too. */
const LIMIT_MS = 300_000;
const execute = promisify(execFile);
/** The builds of this process, by guest and backend. */
const builds = new Map();

/** The entry of a guest of the tests, and the path of its component, which may have another name. */
export async function guest(name, component = name) {
  const folder = fileURLToPath(new URL("built/", import.meta.url));
  await mkdir(folder, { recursive: true });
  const entry = fileURLToPath(new URL(`guests/${name}.js`, import.meta.url));
  return { entry, output: `${folder}${component}.wasm` };
}

/** Builds a guest of the tests for a backend, once in each process. Returns its component, and the warnings. */
export function componentOf(name, backend = "spin") {
  const key = `${name}-${backend}`;
  if (!builds.has(key)) builds.set(key, buildGuest(name, backend));
  return builds.get(key);
}

async function buildGuest(name, backend) {
  const { entry, output } = await guest(name, backend === "spin" ? name : `${name}-${backend}`);
  const { warnings } = await build({ entry, output, backend });
  return { component: output, warnings };
}

/**
 * Sends one request to the component, in memory. `options` are those of `App.load`. Returns the status and the body, what the
 * component wrote to stdout and stderr, and the error of a component that does not respond.
 */
export async function request(component, path, options = {}, init = {}) {
  const app = await App.load({ component, ...options });
  try {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const response = await app.fetch(path, { ...init, signal });
    const body = await response.text();
    return { ...(await app.report()), status: response.status, body };
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    return { ...(await app.report()), error, body: "" };
  } finally {
    await app.close();
  }
}

/** The imports and exports of the component, as text. */
export async function inspect(component) {
  const { stdout } = await execute(HARNESS, ["inspect", component], { timeout: LIMIT_MS });
  // What follows says which hosts have them.
  return stdout.slice(0, stdout.indexOf("\nlanguage "));
}

/**
 * Serves the component at all paths over HTTP on loopback. `options` are those of `App.load`. Returns the base URL, a function
 * that returns the end of what the component wrote to stderr so far, and one that ends the server.
 */
export async function serve(component, options) {
  const app = await App.load({ component, ...options });
  const base = await app.listen();
  return { base, stderr: async () => (await app.report()).stderr, close: () => app.close() };
}
