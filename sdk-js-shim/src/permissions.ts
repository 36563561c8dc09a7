/** The permissions of a component, which the mock agent reads from a manifest. */

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { refusal } from "./error.js";
import { REASONS } from "./reasons.js";

/** Which permissions a test has. */
export interface Permissions {
  /** The path of the manifest, or of its folder. */
  manifest: string | URL;
  /** The id of the component; needed if the manifest has several. */
  component: string | undefined;
  /** The values of the application's variables. */
  variables: Readonly<Record<string, string>>;
}

/** Returns the error of a call that the permissions do not cover; `undefined` for a call that they cover. */
export type Refuse = (url: string) => TypeError | undefined;

/**
 * The part of the package `outbound-policy` that is used here.
 *
 * The package is optional, so these sources compile without it. `permissions.test.js` runs them with it.
 */
interface Policy {
  Manifest: new (
    text: string,
    options: { path: string; variables: Readonly<Record<string, string>> },
  ) => {
    components: readonly { id: string }[];
    allowList(id: string): {
      check(
        url: string,
        options: { selfOrigin: string },
      ): { allowed: true } | { allowed: false; message: string };
    };
  };
  PolicyError: new () => Error;
}

/** Reads the manifest. */
export async function readPermissions(permissions: Permissions): Promise<Refuse> {
  const { Manifest, PolicyError } = await importPolicy();
  const path = await pathOf(permissions.manifest);
  const text = await readFile(path, "utf8").catch((cause) => {
    const message = `the manifest of \`permissions\` cannot be read: ${cause.message}; a relative path is one of the folder ${process.cwd()}`;
    throw new Error(message, { cause });
  });
  const manifest = new Manifest(text, { path, variables: permissions.variables });
  const ids = manifest.components.map(({ id }) => id);
  const list = manifest.allowList(permissions.component ?? onlyOne(ids, path));
  // The policy does not look at the origin of a call of the own application, so any origin will do.
  const options = { selfOrigin: "http://localhost" };
  return (url) => {
    try {
      const decision = list.check(url, options);
      if (decision.allowed) return undefined;
      const { code, text } = REASONS.destinationNotAllowed;
      return refusal({ code, text: `${text}: {sentence}` }, { sentence: decision.message });
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      return refusal({ code: "invalid-url", text: "{sentence}" }, { sentence: error.message });
    }
  };
}

async function importPolicy(): Promise<Policy> {
  // Typed as a string, so that the compiler does not look for the package.
  const name: string = "outbound-policy";
  try {
    return await import(name);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    const message =
      "the option `permissions` of MockAgent needs the package outbound-policy, which is not installed; add it to the devDependencies";
    throw new Error(message, { cause });
  }
}

async function pathOf(manifest: string | URL): Promise<string> {
  const path = typeof manifest === "string" ? manifest : fileURLToPath(manifest);
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? join(path, "spin.toml") : path;
}

function onlyOne(ids: string[], path: string): string {
  const [id, ...others] = ids;
  if (id !== undefined && others.length === 0) return id;
  const named = ids.map((id) => `\`${id}\``).join(", ");
  throw new TypeError(
    `${path} has the components ${named}; name one of them in the option \`component\` of MockAgent`,
  );
}
