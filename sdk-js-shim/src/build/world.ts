import { readFile } from "node:fs/promises";

/** The WIT of the project. The build of the package copies it. */
const WIT = new URL("../wit/", import.meta.url);

/** The interfaces of the host that a component may import. */
export const INTERFACES = [
  "fermyon:spin/http",
  "fermyon:spin/variables@2.0.0",
  "wasi:cli/environment@0.2.0",
] as const;
export type Interface = (typeof INTERFACES)[number];

/** The name of the world in {@link readWorld}. */
export const WORLD_NAME = "component";

/**
 * The world of a component, and the interfaces that it uses, as one text.
 *
 * It imports `interfaces` only, because a host refuses a component with an import that it does not have.
 * It is a text and not a folder, because jco fails to read folders on some installations.
 */
export async function readWorld(interfaces: readonly Interface[]): Promise<string> {
  const imports = interfaces.map((name) => `  import ${name};\n`);
  return `package spin-fetch:guest;

world ${WORLD_NAME} {
${imports.join("")}  export fermyon:spin/inbound-http;
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
`;
}

/** The interfaces in a folder of the WIT, without the package that they are in. */
async function readInterfaces(folder: string, names: readonly string[]): Promise<string> {
  const texts = await Promise.all(
    names.map((name) => readFile(new URL(`deps/${folder}/${name}.wit`, WIT), "utf8")),
  );
  return texts.map((text) => text.replace(/^package fermyon:spin\S*;\n/, "")).join("\n");
}
