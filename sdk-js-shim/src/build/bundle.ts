import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { MARKS } from "./missing-globals.js";
import { nodeModules } from "./unenv.js";
import { type Backend, type Interface, interfacesOf } from "./world.js";

const PACKAGE = new URL("../", import.meta.url);

/** A program with all of its imports. */
export interface Bundle {
  code: string;
  /** The source map, as JSON. */
  map: string;
  /** The folder that the sources of the map are relative to. */
  folder: string;
  /** The bundled files, as absolute paths. */
  inputs: string[];
  /** The interfaces of the host that the bundle imports. */
  interfaces: Interface[];
  backend: Backend;
}

/** How a program is bundled. */
export interface BundleOptions {
  unenv: boolean;
  backend: Backend;
}

const DEFAULTS: BundleOptions = { unenv: false, backend: "spin" };

/** Receives each bundle of a watched program, or the error. */
type OnBundle = (bundle: Bundle | Error) => Promise<void>;

/**
 * Bundles the program at `entry` together with the export.
 *
 * @throws Error whose message shows each place that cannot be bundled.
 */
export async function bundle(entry: string, options = DEFAULTS): Promise<Bundle> {
  try {
    return toBundle(entry, await esbuild.build(optionsOf(entry, options)), options.backend);
  } catch (error) {
    throw await toError(error);
  }
}

/** Bundles now, and again whenever a file of the bundle changes, until `stop` is called. */
export async function watchBundle(
  entry: string,
  bundleOptions: BundleOptions,
  onBundle: OnBundle,
): Promise<{ stop(): Promise<void> }> {
  const plugin: esbuild.Plugin = {
    name: "spin-fetch",
    setup(build) {
      // esbuild waits for this callback before the next build, so builds do not overlap.
      build.onEnd(async (result) => {
        const { backend } = bundleOptions;
        await onBundle(await bundleOrError(entry, result as esbuild.BuildResult<Options>, backend));
      });
    },
  };
  const options = optionsOf(entry, bundleOptions);
  const context = await esbuild.context({ ...options, plugins: [...options.plugins, plugin] });
  await context.watch();
  return { stop: () => context.dispose() };
}

async function bundleOrError(
  entry: string,
  result: esbuild.BuildResult<Options>,
  backend: Backend,
): Promise<Bundle | Error> {
  if (result.errors.length > 0) return toError(result);
  try {
    return toBundle(entry, result, backend);
  } catch (error) {
    return error as Error;
  }
}

type Options = ReturnType<typeof optionsOf>;

/** The options of esbuild. */
export function optionsOf(entry: string, { unenv: useUnenv, backend } = DEFAULTS) {
  // The first import defines the globals before the modules of the program run.
  const folder = folderOfPaths(entry);
  // Relative, because the source map contains this text.
  const path = `./${relative(folder, entry).replaceAll(sep, "/")}`;
  const contents =
    'import { serve } from "spin-fetch/export";\n' +
    `import * as app from ${JSON.stringify(path)};\n` +
    `export const ${backend === "spin" ? "inboundHttp" : "incomingHandler"} = serve(app);\n`;
  const wasiHttp = backend === "wasi-http";
  return {
    stdin: { contents, resolveDir: folder, sourcefile: "spin-fetch-entry.js" },
    absWorkingDir: folder,
    outfile: "app.js",
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    // Libraries have no build for Spin, but many have one for browsers, which does not need Node.
    platform: "browser",
    target: "es2023",
    // Otherwise esbuild makes a call of `RegExp`, whose Unicode properties are not expanded.
    supported: { "regexp-set-notation": true, "regexp-unicode-property-escapes": true },
    conditions: ["worker", "module", ...(wasiHttp ? ["spin-fetch-wasi-http"] : [])],
    plugins: [HOST_INTERFACES, URL_PATTERN],
    sourcemap: "external",
    legalComments: "none",
    logLevel: "silent",
    define: {
      "process.env.NODE_ENV": '"production"',
      global: "globalThis",
      ...(useUnenv ? {} : MARKS),
    },
    inject: ["url-pattern", ...(useUnenv ? ["buffer"] : [])].map((name) =>
      fileURLToPath(new URL(`on-demand/${name}.js`, PACKAGE)),
    ),
    // Bundle one copy of the SDK, whichever the folder of the program resolves to.
    alias: {
      ...(useUnenv ? nodeModules(dirname(entry)) : {}),
      "spin-fetch": fileURLToPath(new URL("index.js", PACKAGE)),
      "spin-fetch/handler": fileURLToPath(new URL("handler.js", PACKAGE)),
      "spin-fetch/export": fileURLToPath(
        new URL(wasiHttp ? "wasi/serve.js" : "handler.js", PACKAGE),
      ),
    },
  } as const satisfies esbuild.BuildOptions;
}

/**
 * Leaves imports of the host to the engine, and those out whose functions nothing calls, so that the
 * component imports what the program uses and nothing else.
 */
const HOST_INTERFACES: esbuild.Plugin = {
  name: "host-interfaces",
  setup(build) {
    build.onResolve({ filter: /^(?:fermyon|spin|wasi):/ }, ({ path }) => ({
      path,
      external: true,
      sideEffects: false,
    }));
  },
};

/** Leaves the polyfill out of a program that does not name it; its package does not say that this is possible. */
const URL_PATTERN: esbuild.Plugin = {
  name: "url-pattern",
  setup(build) {
    build.onResolve({ filter: /^urlpattern-polyfill\/urlpattern$/ }, ({ path }) => ({
      path: fileURLToPath(import.meta.resolve(path)),
      sideEffects: false,
    }));
  },
};

/**
 * The folder that the paths in messages and stacks are relative to: the working directory, where the
 * build runs, or that of a program that is not below it.
 */
function folderOfPaths(entry: string): string {
  const path = relative(process.cwd(), entry);
  const isBelow = path !== ".." && !path.startsWith(`..${sep}`) && resolve(path) !== path;
  return isBelow ? process.cwd() : dirname(entry);
}

/** Converts the result of esbuild. */
export function toBundle(
  entry: string,
  result: esbuild.BuildResult<Options>,
  backend: Backend = "spin",
): Bundle {
  const folder = folderOfPaths(entry);
  const text = (end: string) =>
    result.outputFiles.find((file) => file.path.endsWith(end))?.text ?? "";
  const inputs = Object.keys(result.metafile.inputs)
    .filter((path) => path !== "spin-fetch-entry.js")
    .map((path) => resolve(folder, path));
  const interfaces = interfacesIn(result.metafile, backend);
  return { code: text(".js"), map: text(".js.map"), folder, inputs, interfaces, backend };
}

/** @throws Error that names the files with an import that no component of the SDK has. */
function interfacesIn({ inputs, outputs }: esbuild.Metafile, backend: Backend): Interface[] {
  const possible = interfacesOf(backend);
  const imported = Object.values(outputs).flatMap(({ imports }) => imports);
  return [...new Set(imported.map(({ path }) => path))].map((path) => {
    const found = possible.find((name) => name === path);
    if (found) return found;
    const files = Object.entries(inputs)
      .filter(([, { imports }]) => imports.some((other) => other.path === path))
      .map(([file]) => file);
    throw new Error(
      `${files.join(", ")}: the interface ${path} is not supported; a component of the backend ${backend} can import ${possible.join(", ")}`,
    );
  });
}

/** Converts the errors of esbuild, with the source lines that they point to. */
async function toError(failure: unknown): Promise<Error> {
  const { errors } = failure as Partial<esbuild.BuildFailure>;
  if (!errors) return failure as Error;
  const texts = await esbuild.formatMessages(errors, { kind: "error" });
  const needsNode = errors.some(({ notes }) =>
    notes.some(({ text }) => /built into node/.test(text)),
  );
  const hint = needsNode
    ? "\nA component has no Node modules; use a library for browsers or workers, or build with --unenv.\n"
    : "";
  return new Error(texts.join("").trimEnd() + hint);
}
