// Copies the WIT and the licence of the repository to the package. A test compares the copies.
import { chmod, cp } from "node:fs/promises";

const root = new URL("../../", import.meta.url);
const dist = new URL("../dist/", import.meta.url);

await cp(new URL("wit/", root), new URL("wit/", dist), { recursive: true });
await cp(new URL("LICENSE", root), new URL("LICENSE", dist));
await chmod(new URL("build/cli.js", dist), 0o755);

// Plain JavaScript: esbuild bundles one of these files only if the program refers to what it exports.
await cp(new URL("../src/on-demand/", import.meta.url), new URL("on-demand/", dist), {
  recursive: true,
});
