/** The entry for Node: reads the module from its file. */

import { readFileSync } from "node:fs";
import { initSync } from "./wasm/outbound_policy.js";

const file = new URL("./wasm/outbound_policy_bg.wasm", import.meta.url);
initSync({ module: readFileSync(file) });

export * from "./policy.js";
