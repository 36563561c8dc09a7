import { readFile } from "node:fs/promises";

/** The WIT of the project. The build of the package copies it. */
const WIT = new URL("../wit/", import.meta.url);
const INTERFACES = ["http-types", "http", "inbound-http"];

/** The world of a component: that of the other SDKs, and the environment, which the engine does not expose. */
const WORLD = `package spin-fetch:guest;

world component {
  import wasi:cli/environment@0.2.0;
  import fermyon:spin/http;
  export fermyon:spin/inbound-http;
}

package wasi:cli@0.2.0 {
  interface environment {
    get-environment: func() -> list<tuple<string, string>>;
  }
}
`;

/** The name of the world in {@link readWorld}. */
export const WORLD_NAME = "component";

/**
 * The world and the interfaces that it uses, as one text.
 *
 * It is a text and not a folder, because jco fails to read folders on some installations.
 */
export async function readWorld(): Promise<string> {
  const texts = await Promise.all(
    INTERFACES.map((name) => readFile(new URL(`deps/fermyon-spin/${name}.wit`, WIT), "utf8")),
  );
  const interfaces = texts.map((text) => text.replace(/^package fermyon:spin;\n/, ""));
  return `${WORLD}\npackage fermyon:spin {\n${interfaces.join("\n")}}\n`;
}
