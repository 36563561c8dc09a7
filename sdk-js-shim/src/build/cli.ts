#!/usr/bin/env node
/** The command `spin-fetch`. It writes results to stdout, and anything else to stderr. */

import { parseArgs } from "node:util";
import { type BuildResult, build, watch } from "./build.js";
import { BACKENDS, type Backend } from "./world.js";

const HELP = `Build a Spin component from a JavaScript or TypeScript program

Usage: spin-fetch build <ENTRY> -o <OUTPUT> [--backend <BACKEND>] [--unenv] [--watch]

Arguments:
  <ENTRY>            Program file: exports { fetch } or handleRequest, or listens to "fetch"

Options:
  -o, --out <OUTPUT> Path of the component; the source map is written to <OUTPUT>.map
      --backend <BACKEND>
                     Import over which the component makes its calls: spin (fermyon:spin/http, the
                     default) or wasi-http (wasi:http 0.2)
      --unenv        Replace Node modules and Buffer by those of the installed package unenv
      --watch        Rebuild whenever a file of the program changes, until interrupted
  -h, --help         Print help

Examples:
  spin-fetch build src/app.ts -o app.wasm
  spin-fetch build src/app.ts -o app.wasm --backend wasi-http
  spin-fetch build src/app.ts -o app.wasm --watch
`;

const USAGE = "`spin-fetch build <ENTRY> -o <OUTPUT>`";

/** The parsed arguments, or a text to print with its exit code. */
type Command =
  | { entry: string; output: string; isWatch: boolean; unenv: boolean; backend: Backend }
  | { help: string; code: number };

process.exitCode = await run(parse(process.argv.slice(2)));

function parse(words: string[]): Command {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        out: { type: "string", short: "o" },
        backend: { type: "string", default: "spin" },
        unenv: { type: "boolean", default: false },
        watch: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return { help: HELP, code: 0 };
    const [command, entry, ...rest] = positionals;
    if (command === undefined) return wrong(`missing command: ${USAGE}`);
    if (command !== "build") return wrong(`unknown command \`${command}\`: ${USAGE}`);
    if (!entry || rest.length > 0) return wrong(`expected one <ENTRY>: ${USAGE}`);
    if (!values.out) return wrong(`missing -o <OUTPUT>: ${USAGE}`);
    const backend = BACKENDS.find((name) => name === values.backend);
    if (!backend) {
      return wrong(`unknown backend \`${values.backend}\`: use ${BACKENDS.join(" or ")}`);
    }
    return { entry, output: values.out, isWatch: values.watch, unenv: values.unenv, backend };
  } catch (error) {
    return wrong((error as Error).message);
  }
}

function wrong(message: string): Command {
  return { help: `error: ${message}\nRun \`spin-fetch --help\` for help.\n`, code: 2 };
}

async function run(command: Command): Promise<number> {
  if ("help" in command) {
    (command.code === 0 ? process.stdout : process.stderr).write(command.help);
    return command.code;
  }
  const { entry, output, isWatch, unenv, backend } = command;
  const report = (result: BuildResult | Error) => {
    if (result instanceof Error) console.error(`error: ${result.message}`);
    else {
      const megabytes = (result.bytes / 1e6).toFixed(1);
      const seconds = (result.milliseconds / 1000).toFixed(1);
      for (const warning of result.warnings) console.error(`warning: ${warning}`);
      console.log(`${output}: ${megabytes} MB, built in ${seconds} s`);
    }
    return result instanceof Error ? 1 : 0;
  };
  console.error(`building ${entry} ...`);
  const options = { entry, output, unenv, backend };
  if (!isWatch) return report(await build(options).catch((error: Error) => error));
  await watch(options, report);
  return 0;
}
