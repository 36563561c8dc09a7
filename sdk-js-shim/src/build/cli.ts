#!/usr/bin/env node
/** The command `spin-fetch`. Results go to stdout, all else to stderr. */

import { parseArgs } from "node:util";
import { type BuildResult, build, watch } from "./build.js";

const HELP = `Make a component for Spin of a program in JavaScript or TypeScript

Usage: spin-fetch build <ENTRY> -o <OUTPUT> [--watch]

Arguments:
  <ENTRY>            The program: a file that exports { fetch } or handleRequest, or listens to "fetch"

Options:
  -o, --out <FILE>   Where the component goes; its source map goes to FILE.map
      --watch        Build again whenever a file of the program changes, until interrupted
  -h, --help         Print this

Examples:
  spin-fetch build src/app.ts -o app.wasm
  spin-fetch build src/app.ts -o app.wasm --watch
`;

/** What the command was asked for, or what is wrong with it. */
type Asked = { entry: string; output: string; isWatch: boolean } | { help: string; code: number };

process.exitCode = await run(parse(process.argv.slice(2)));

function parse(words: string[]): Asked {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        out: { type: "string", short: "o" },
        watch: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return { help: HELP, code: 0 };
    const [command, entry, ...rest] = positionals;
    if (command !== "build") return wrong(`there is no command ${command ?? "given"}`);
    if (entry === undefined || rest.length > 0) return wrong("give one program to build");
    if (values.out === undefined) return wrong("say with -o where the component goes");
    return { entry, output: values.out, isWatch: values.watch };
  } catch (error) {
    return wrong((error as Error).message);
  }
}

function wrong(message: string): Asked {
  return { help: `error: ${message}; \`spin-fetch --help\` says more\n`, code: 2 };
}

async function run(asked: Asked): Promise<number> {
  if ("help" in asked) {
    (asked.code === 0 ? process.stdout : process.stderr).write(asked.help);
    return asked.code;
  }
  const { entry, output, isWatch } = asked;
  const report = (result: BuildResult | Error) => {
    if (result instanceof Error) console.error(`error: ${result.message}`);
    else {
      const megabytes = (result.bytes / 1e6).toFixed(1);
      const seconds = (result.milliseconds / 1000).toFixed(1);
      console.log(`${output}: ${megabytes} MB, built in ${seconds} s`);
    }
    return result instanceof Error ? 1 : 0;
  };
  console.error(`building ${entry}, for some seconds ...`);
  if (!isWatch) return report(await build({ entry, output }).catch((error: Error) => error));
  await watch({ entry, output }, report);
  return 0;
}
