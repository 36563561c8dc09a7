// Builds a guest of the tests and sends it requests, as a user of spin-harness does.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const HARNESS = process.env.SPIN_HARNESS ?? "spin-harness";
/** Compiling the engine takes half a minute if it is not cached, and other processes may compile too. */
const LIMIT_MS = 300_000;
const execute = promisify(execFile);

/** The entry of a guest of the tests, and the path of its component. */
export async function guest(name) {
  const folder = fileURLToPath(new URL("built/", import.meta.url));
  await mkdir(folder, { recursive: true });
  const entry = fileURLToPath(new URL(`guests/${name}.js`, import.meta.url));
  return { entry, output: `${folder}${name}.wasm` };
}

/** Sends one request to the component. Returns the response body and the output on stderr. */
export async function request(component, path, options = []) {
  const words = ["request", component, path, ...options];
  const limits = { timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
  const { stdout, stderr, code } = await execute(HARNESS, words, limits).catch((error) => {
    assert.equal(typeof error.code, "number", `${HARNESS} runs: ${error}`);
    return error;
  });
  const [head, ...body] = stdout.split(/\r?\n\r?\n/);
  return { head, body: body.join("\n\n"), stderr, code: code ?? 0 };
}

/** The imports and exports of the component, as text. */
export async function inspect(component) {
  const { stdout } = await execute(HARNESS, ["inspect", component], { timeout: LIMIT_MS });
  return stdout;
}
