// Compiles the crate for WebAssembly, writes its bindings and compiles the TypeScript; prints the size of the module.
import { spawnSync } from "node:child_process";
import { cp, readdir, readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const folder = fileURLToPath(new URL("../", import.meta.url));
const TARGET = "wasm32-unknown-unknown";

/** Runs a command in the folder of the package, and exits as it does if it fails. */
function run(command, words) {
  const { error, status } = spawnSync(command, words, { cwd: folder, stdio: "inherit" });
  if (error) {
    console.error(
      `build: \`${command}\` does not start: ${error.message}; README.md says what to install`,
    );
    process.exit(1);
  }
  if (status !== 0) process.exit(status ?? 1);
}

const cargo = (...words) =>
  run("cargo", [...words, "--quiet", "--locked", "--target-dir", "target"]);

/** What rustc shows instead of the folders of this machine, which panics would name. */
async function remapped() {
  const registry = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "registry/src");
  const registries = await readdir(registry).catch(() => []);
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const folders = [root, ...registries.map((name) => join(registry, name, "/"))];
  return folders.map((folder) => `--remap-path-prefix=${folder}=`);
}

const flags = JSON.stringify(await remapped());
const config = `target.${TARGET}.rustflags=${flags}`;
cargo(
  "build",
  "--release",
  "--package",
  "outbound-policy-js",
  "--target",
  TARGET,
  "--config",
  config,
);
await rm(new URL("../dist/wasm/", import.meta.url), { recursive: true, force: true });
cargo("build", "--package", "bindgen");
const suffix = process.platform === "win32" ? ".exe" : "";
run(`target/debug/bindgen${suffix}`, [
  `target/${TARGET}/release/outbound_policy_js.wasm`,
  "dist/wasm",
]);
run(process.execPath, ["node_modules/typescript/bin/tsc"]);
await cp(new URL("../../../LICENSE", import.meta.url), new URL("../dist/LICENSE", import.meta.url));

const module = await readFile(new URL("../dist/wasm/outbound_policy_bg.wasm", import.meta.url));
const kilobytes = (bytes) => `${Math.round(bytes.length / 1000)} kB`;
console.log(
  `outbound_policy_bg.wasm: ${kilobytes(module)}, gzip ${kilobytes(gzipSync(module, { level: 9 }))}`,
);
