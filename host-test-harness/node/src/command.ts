/** Where the command `spin-harness` is. */

import { accessSync, constants, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";

/** A command to start, and what to say if it cannot be started. */
export interface HarnessCommand {
  path: string;
  failure(reason: string): string;
}

const PLATFORM_PACKAGE = `@spin-harness/${process.platform}-${process.arch}`;

/** `SPIN_HARNESS`, else the package with the command for this platform, else `spin-harness` of PATH. */
export function findCommand(): HarnessCommand {
  const named = process.env.SPIN_HARNESS;
  if (named) {
    const failure = (reason: string) =>
      `SPIN_HARNESS is \`${named}\`, which does not start: ${reason}; set it to the path of the command spin-harness, or unset it`;
    return { path: named, failure };
  }
  const packaged = packagedCommand();
  if (packaged !== undefined) {
    const failure = (reason: string) =>
      `\`${packaged}\` of the package ${PLATFORM_PACKAGE} does not start: ${reason}; install the package again, or set SPIN_HARNESS to the path of the command spin-harness`;
    return { path: packaged, failure };
  }
  const failure = (reason: string) =>
    `the command spin-harness does not start: ${reason}; install the package ${PLATFORM_PACKAGE} (npm does, unless optional dependencies are omitted), or put spin-harness in a folder of PATH, or set SPIN_HARNESS to its path`;
  return { path: commandOfPath() ?? "spin-harness", failure };
}

/** Skips the commands that npm links: they run what this function finds. */
function commandOfPath(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = folders.map((folder) => join(folder, "spin-harness"));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
    } catch {
      return false;
    }
    return !/node_modules[\\/]\.bin[\\/]|\.js$/.test(`${path}\n${realpathSync(path)}`);
  });
}

function packagedCommand(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`${PLATFORM_PACKAGE}/bin/spin-harness`);
  } catch {
    return undefined;
  }
}
