// Builds the page into `built`, or into the folder of the argument. The files are checked in, since the command is
// compiled without Node; a test compares them with a new build.
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = process.argv[2] ?? join(here, "built");
await mkdir(out, { recursive: true });
await build({
  entryPoints: [join(here, "src/page.tsx"), join(here, "src/page.css")],
  outdir: out,
  absWorkingDir: here,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
});
await copyFile(join(here, "src/index.html"), join(out, "index.html"));
