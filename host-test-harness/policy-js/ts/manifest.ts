/** The permissions in a manifest. */

import { AllowList } from "./allow-list.js";
import { call, PolicyError } from "./error.js";
import { options, string, variables } from "./values.js";
import * as wasm from "./wasm/outbound_policy.js";

/** How a {@link Manifest} is read. */
export interface ManifestOptions {
  /** The path in messages; `spin.toml` by default. No file is read. */
  path?: string;
  /** The values of the application's variables, above the defaults of the manifest; none by default. */
  variables?: Readonly<Record<string, string>>;
}

/** A component, with the entries of its lists as written. */
export interface ManifestComponent {
  id: string;
  allowed_outbound_hosts: string[];
  allowed_http_hosts: string[];
}

/**
 * A `spin.toml`, of version 1 or 2.
 *
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { Manifest } from "outbound-policy";
 *
 * const text = `
 * spin_manifest_version = 2
 * application.name = "shop"
 * trigger.http = [{ route = "/...", component = "front" }]
 * variables.region = { default = "eu" }
 * [component.front]
 * source = "front.wasm"
 * allowed_outbound_hosts = ["https://{{ region }}.api.test"]
 * `;
 * const manifest = new Manifest(text, { variables: { region: "us" } });
 * assert.deepEqual(manifest.components.map(({ id }) => id), ["front"]);
 * assert.equal(manifest.allowList("front").check("https://us.api.test/").allowed, true);
 * ```
 */
export class Manifest {
  /** The components, in the order of the manifest. */
  readonly components: readonly ManifestComponent[];
  readonly #manifest: wasm.ParsedManifest;

  /**
   * Reads the text of a manifest.
   *
   * @throws PolicyError of the kind `invalid-manifest` or `missing-variable`.
   */
  constructor(text: string, given?: ManifestOptions) {
    const toml = string(text, "the text of the manifest");
    const settings = options(given, ["path", "variables"], "the options");
    const path = string(settings.path ?? "spin.toml", "`path`");
    const [names, values] = variables(settings.variables ?? {});
    this.#manifest = call(() => new wasm.ParsedManifest(path, toml, names, values));
    this.components = JSON.parse(this.#manifest.components());
  }

  /**
   * The list of a component: its `allowed_outbound_hosts`, then its `allowed_http_hosts`.
   *
   * @throws PolicyError of the kind `invalid-manifest` for an invalid entry, or `unknown-component`.
   */
  allowList(component: string): AllowList {
    const id = string(component, "the id of the component");
    const list = call(() => this.#manifest.allowList(id));
    if (list !== undefined) return AllowList.wrap(list);
    const ids = this.components.map((component) => `\`${component.id}\``).join(", ");
    throw new PolicyError(
      "unknown-component",
      `the manifest has no component \`${id}\`; its components are ${ids}`,
    );
  }
}
