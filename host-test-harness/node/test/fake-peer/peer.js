#!/usr/bin/env node
// Stands in for `spin-harness serve-stdio` in the tests of what a broken harness does.
//
// It answers as the protocol says, but for the methods in the variable PEER: an object of methods and what happens
// instead. The method `exit` ends it. It connects to the port in the variable PEER_PORT, if there is one, so that a test sees when it ends.

import { closeSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";

const RESULTS = {
  initialize: { protocol_version: 1, harness_version: "0.0.0" },
  load: { app: 1, components: ["peer"] },
  request: { response: { status: 200, headers: [] } },
  read: { body: "", end: true, trailers: [] },
  "mocks/received": { received: [] },
  "mocks/verify": { unmet: [] },
};
const faults = JSON.parse(process.env.PEER ?? "{}");
const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

const ACTIONS = {
  stderr: (text) => process.stderr.write(text),
  line: (text) => process.stdout.write(`${text}\n`),
  exit: (code) => process.exit(code),
  signal: (signal) => process.kill(process.pid, signal),
  closeStdout: () => closeSync(1),
  nothing: () => {},
  result: (result, id) => write({ jsonrpc: "2.0", id, result }),
  error: (error, id) => write({ jsonrpc: "2.0", id, error }),
};

if (process.env.PEER_PORT) {
  const socket = connect(Number(process.env.PEER_PORT), "127.0.0.1");
  // It ends with this process, and does not keep it alive.
  socket.unref();
}
for (const [action, value] of Object.entries(faults.start ?? {})) ACTIONS[action](value);
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method } = JSON.parse(line);
  // A notification, or the answer to a request of the peer.
  if (id === undefined || method === undefined) continue;
  if (method === "exit") process.exit();
  const fault = faults[method] ?? { result: RESULTS[method] ?? {} };
  for (const [action, value] of Object.entries(fault)) ACTIONS[action](value, id);
}
