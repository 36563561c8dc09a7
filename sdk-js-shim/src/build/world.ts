import { readFile } from "node:fs/promises";

/** The WIT of the project. The build of the package copies it. */
const WIT = new URL("../wit/", import.meta.url);

/** The import over which a component makes its calls: `fermyon:spin/http`, or `wasi:http` 0.2. */
export const BACKENDS = ["spin", "wasi-http"] as const;
export type Backend = (typeof BACKENDS)[number];

/** The interfaces that a component of each backend may import. */
const COMMON = ["fermyon:spin/variables@2.0.0", "wasi:cli/environment@0.2.0"] as const;
const INTERFACES = {
  spin: ["fermyon:spin/http", ...COMMON],
  "wasi-http": [
    "wasi:http/types@0.2.0",
    "wasi:http/outgoing-handler@0.2.0",
    "wasi:io/poll@0.2.0",
    "wasi:clocks/monotonic-clock@0.2.0",
    ...COMMON,
  ],
} as const;
export type Interface = (typeof INTERFACES)[Backend][number];

/** The interfaces that a component of `backend` may import. */
export function interfacesOf(backend: Backend): readonly Interface[] {
  return INTERFACES[backend];
}

/** The name of the world in {@link readWorld}. */
export const WORLD_NAME = "component";

/** The interface that the host calls. */
const EXPORTS = {
  spin: "fermyon:spin/inbound-http",
  "wasi-http": "wasi:http/incoming-handler@0.2.0",
} as const satisfies Record<Backend, string>;

/**
 * The world of a component, and the interfaces that it uses, as one text.
 *
 * It imports `interfaces` only, because a host refuses a component with an import that it does not have.
 * It is a text and not a folder, because jco fails to read folders on some installations.
 */
export async function readWorld(
  backend: Backend,
  interfaces: readonly Interface[],
): Promise<string> {
  const imports = interfaces.map((name) => `  import ${name};\n`);
  return `package spin-fetch:guest;

world ${WORLD_NAME} {
${imports.join("")}  export ${EXPORTS[backend]};
}

package fermyon:spin {
${await readInterfaces("fermyon-spin", ["http-types", "http", "inbound-http"])}}

package fermyon:spin@2.0.0 {
${await readInterfaces("fermyon-spin-2", ["variables"])}}

package wasi:cli@0.2.0 {
  /** The environment, which the engine does not expose. */
  interface environment {
    get-environment: func() -> list<tuple<string, string>>;
  }
}
${backend === "wasi-http" ? await readPackagesOfWasi() : ""}`;
}

async function readPackagesOfWasi(): Promise<string> {
  const packages = ["io", "clocks", "http"].map(async (name) => {
    const text = await readInterfaces(`wasi-${name}`, [name]);
    return `\npackage wasi:${name}@0.2.0 {\n${text}}\n`;
  });
  return (await Promise.all(packages)).join("");
}

/** The interfaces in a folder of the WIT, without the package that they are in. */
async function readInterfaces(folder: string, names: readonly string[]): Promise<string> {
  const texts = await Promise.all(
    names.map((name) => readFile(new URL(`deps/${folder}/${name}.wit`, WIT), "utf8")),
  );
  return texts.map((text) => text.replace(/^package \S+;\n/, "")).join("\n");
}
