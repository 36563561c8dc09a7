#!/usr/bin/env node
/** Runs the command `spin-harness` with the arguments, streams and signals of this process. */

import { spawn } from "node:child_process";
import { findCommand } from "./command.js";

const { path, failure } = findCommand();
if (path === "spin-harness") {
  console.error(`error: ${failure("no folder of PATH has it")}`);
  process.exit(1);
}

// The handlers come before the command: a signal in between would end this process and leave the
// command running. A terminal sends SIGINT and SIGHUP to the command too, and a second one would
// end it at once.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));

const child = spawn(path, process.argv.slice(2), { stdio: "inherit" });

child.on("error", (error) => {
  console.error(`error: ${failure(error.message)}`);
  process.exitCode = 1;
});
child.on("exit", (code, signal) => {
  if (signal === null) {
    process.exitCode = code ?? 1;
  } else {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
});
