// Builds the page into `built`, or into the folder of the argument. The package `outbound-policy` must be built before.
// The files are checked in, since the command is compiled without Node; tests compare them with a new build.
import { copyFile, cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = process.argv[2] ?? join(here, "built");
await build({
  entryPoints: ["page.tsx", "policy.ts", "page.css"].map((name) => join(here, "src", name)),
  outdir: out,
  absWorkingDir: here,
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
});
await copyFile(join(here, "src/index.html"), join(out, "index.html"));
const policy = fileURLToPath(import.meta.resolve("outbound-policy/outbound_policy_bg.wasm"));
await cp(policy, join(out, "wasm/outbound_policy_bg.wasm"));
