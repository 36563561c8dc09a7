/** The entry for browsers: fetches the module from beside its bindings. Bundlers recognise this form of its URL. */

import init from "./wasm/outbound_policy.js";

await init({ module_or_path: new URL("./wasm/outbound_policy_bg.wasm", import.meta.url) });

export * from "./policy.js";
