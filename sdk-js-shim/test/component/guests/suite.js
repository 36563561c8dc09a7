// The native tests, inside the engine.

import "../../body.test.js";
import "../../byte-reader.test.js";
import "../../content-coding.test.js";
import "../../fetch.test.js";
import "../../headers.test.js";
import "../../proxy.test.js";
import "../../redirect.test.js";
import "../../request.test.js";
import "../../response.test.js";
import { runTests } from "node:test";

export default {
  async fetch() {
    return Response.json(await runTests());
  },
};
