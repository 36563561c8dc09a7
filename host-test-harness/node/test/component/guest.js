// Builds the guests of the tests, each once for a backend.

import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "../../../../sdk-js-shim/dist/build/build.js";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The component of a guest of the tests. */
export async function component(name, backend) {
  await mkdir(path("built"), { recursive: true });
  const output = path(`built/${name}-${backend}.wasm`);
  await build({ entry: path(`guests/${name}.js`), output, backend });
  return output;
}
