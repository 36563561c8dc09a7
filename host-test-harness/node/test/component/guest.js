// Builds the guests of the tests, each once for a backend.

import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "../../../../sdk-js-shim/dist/build/build.js";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The component of a guest of the tests. Tests of other files, which run at the same time, have another `id`. */
export async function component(name, backend, id = name) {
  await mkdir(path("built"), { recursive: true });
  const output = path(`built/${id}-${backend}.wasm`);
  await build({ entry: path(`guests/${name}.js`), output, backend });
  return output;
}
