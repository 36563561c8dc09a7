import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const PACKAGE = new URL("../", import.meta.url);

/** A program with everything that it imports. */
export interface Bundle {
  code: string;
  map: string;
  /** The files in it, as absolute paths. */
  inputs: string[];
}

/** What becomes of a program that changes. */
type OnBundle = (bundle: Bundle | Error) => Promise<void>;

/**
 * Bundles the program at `entry` with its export.
 *
 * @throws Error whose message shows each place that cannot be bundled.
 */
export async function bundle(entry: string): Promise<Bundle> {
  try {
    return toBundle(entry, await esbuild.build(optionsOf(entry)));
  } catch (error) {
    throw await toError(error);
  }
}

/** Bundles now and after every change of a file in the bundle, until it is stopped. */
export async function watchBundle(
  entry: string,
  onBundle: OnBundle,
): Promise<{ stop(): Promise<void> }> {
  const plugin: esbuild.Plugin = {
    name: "spin-fetch",
    setup(build) {
      // esbuild waits for this before the next build, so one follows the other.
      build.onEnd(async (result) => {
        await onBundle(
          result.errors.length > 0
            ? await toError(result)
            : toBundle(entry, result as esbuild.BuildResult<Options>),
        );
      });
    },
  };
  const context = await esbuild.context({ ...optionsOf(entry), plugins: [plugin] });
  await context.watch();
  return { stop: () => context.dispose() };
}

type Options = ReturnType<typeof optionsOf>;

/** How esbuild makes one module of a program. */
export function optionsOf(entry: string) {
  // The globals are there before the program's own modules run.
  const contents =
    'import { serve } from "spin-fetch/handler";\n' +
    `import * as app from ${JSON.stringify(entry)};\n` +
    "export const inboundHttp = serve(app);\n";
  return {
    stdin: { contents, resolveDir: dirname(entry), sourcefile: "spin-fetch-entry.js" },
    absWorkingDir: dirname(entry),
    outfile: "app.js",
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    // Libraries have no build for Spin, but one that does without Node.
    platform: "browser",
    target: "es2023",
    conditions: ["worker", "module"],
    external: ["fermyon:*", "wasi:*"],
    sourcemap: "external",
    legalComments: "none",
    logLevel: "silent",
    define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
    // One copy of the shim, whichever the program's folder resolves to.
    alias: {
      "spin-fetch": fileURLToPath(new URL("index.js", PACKAGE)),
      "spin-fetch/handler": fileURLToPath(new URL("handler.js", PACKAGE)),
    },
  } as const satisfies esbuild.BuildOptions;
}

/** What esbuild made. */
export function toBundle(entry: string, result: esbuild.BuildResult<Options>): Bundle {
  const text = (end: string) =>
    result.outputFiles.find((file) => file.path.endsWith(end))?.text ?? "";
  const inputs = Object.keys(result.metafile.inputs)
    .filter((path) => path !== "spin-fetch-entry.js")
    .map((path) => resolve(dirname(entry), path));
  return { code: text(".js"), map: text(".js.map"), inputs };
}

/** The places that esbuild names, with the lines around them. */
async function toError(failure: unknown): Promise<Error> {
  const { errors } = failure as Partial<esbuild.BuildFailure>;
  if (!errors) return failure as Error;
  const texts = await esbuild.formatMessages(errors, { kind: "error" });
  const needsNode = errors.some(({ notes }) =>
    notes.some(({ text }) => /built into node/.test(text)),
  );
  const hint = needsNode
    ? "\nA component has no modules of Node; use a library for browsers or workers.\n"
    : "";
  return new Error(texts.join("").trimEnd() + hint);
}
