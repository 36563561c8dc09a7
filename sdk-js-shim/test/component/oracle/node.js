// Observes Node's own fetch: `node node.js BASE` prints what every case observes.

import { observe } from "./cases.js";

console.log(JSON.stringify(await observe(process.argv[2])));
