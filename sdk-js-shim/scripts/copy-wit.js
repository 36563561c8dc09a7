// The package carries the project's one copy of the WIT; a test compares the two.
import { chmod, cp } from "node:fs/promises";

await cp(new URL("../../wit/", import.meta.url), new URL("../dist/wit/", import.meta.url), {
  recursive: true,
});
await chmod(new URL("../dist/build/cli.js", import.meta.url), 0o755);
