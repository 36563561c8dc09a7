// A program for Node, which is built with --unenv.

import { EventEmitter } from "node:events";
import { join } from "node:path";
import { inspect } from "node:util";

export default {
  fetch() {
    const emitter = new EventEmitter();
    let heard = "";
    emitter.on("x", (value) => (heard = value));
    emitter.emit("x", Buffer.from("é").toString("hex"));
    return Response.json([heard, join("a", "..", "b"), typeof inspect, process.env.NAME]);
  },
};
