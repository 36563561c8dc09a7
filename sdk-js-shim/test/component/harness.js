// Builds a guest of the tests and sends it requests: in memory, or over HTTP where that is what is tested.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
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
/** The number of servers of this process, for the names of their manifests. */
let servers = 0;

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
  return stdout;
}

/**
 * Serves the component at all paths over HTTP on loopback, as an application with a manifest.
 *
 * `options` are further options of `spin-harness up`. Returns the base URL, the lines of the log so far, and a function that ends the server.
 */
export async function serve(component, { allowed, environment, options = [] }) {
  const variables = Object.entries(environment).map(([name, value]) => `${name} = "${value}"`);
  const manifest = `spin_manifest_version = 2
[application]
name = "guest"
[[trigger.http]]
route = "/..."
component = "guest"
[component.guest]
source = ${JSON.stringify(component)}
allowed_outbound_hosts = ${JSON.stringify(allowed)}
environment = { ${variables.join(", ")} }
`;
  servers += 1;
  const path = `${component}.${servers}.toml`;
  await writeFile(path, manifest);
  const words = ["up", "--from", path, "--listen", "127.0.0.1:0"];
  const server = spawn(HARNESS, [...words, ...options, "--until-stdin-closes"]);
  const log = [];
  createInterface({ input: server.stderr }).on("line", (line) => log.push(line));
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const exited = once(server, "exit").then(() => ({ value: undefined }));
  const timer = setTimeout(() => server.kill("SIGKILL"), LIMIT_MS);
  const first = Promise.race([lines.next(), exited]).finally(() => clearTimeout(timer));
  const { value } = await first;
  const [, base] = /^Serving (http:\S+)$/.exec(value ?? "") ?? [];
  assert(base, `the server starts within ${LIMIT_MS} ms; its log: ${log.join("\n")}`);
  const close = async () => {
    server.stdin.end();
    await exited;
  };
  return { base, log, close };
}
