// Compiles the crate for WebAssembly, writes its bindings and compiles the TypeScript; prints the size of the module.
import { spawnSync } from "node:child_process";
import { cp, readFile, rm } from "node:fs/promises";
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

cargo("build", "--release", "--package", "outbound-policy-js", "--target", TARGET);
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
