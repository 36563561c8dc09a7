/** Networks whose addresses a host does not dial, whatever the allow-list permits. */

import { call } from "./error.js";
import type { Blocked } from "./results.js";
import { options, string, strings } from "./values.js";
import * as wasm from "./wasm/outbound_policy.js";

/** What {@link BlockedNetworks} blocks in addition. */
export interface BlockedNetworksOptions {
  /** Whether every network that is not public is blocked; `false` by default. */
  blockPrivate?: boolean;
}

/**
 * The networks of the flags `--block` and `--block-private` of `spin-harness`.
 *
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { BlockedNetworks } from "outbound-policy";
 *
 * const blocked = new BlockedNetworks(["203.0.113.0/24"], { blockPrivate: true });
 * assert.equal(blocked.check("203.0.113.7")?.network, "203.0.113.0/24");
 * assert.equal(blocked.check("::1")?.network, "::1/128");
 * assert.equal(blocked.check("93.184.216.34"), undefined);
 * ```
 */
export class BlockedNetworks {
  readonly #networks: wasm.BlockedNetworks;

  /**
   * Blocks networks, such as `10.0.0.0/8`, and single addresses.
   *
   * @throws PolicyError of the kind `invalid-network`.
   */
  constructor(networks: Iterable<string> = [], given?: BlockedNetworksOptions) {
    const texts = strings(networks, "the networks");
    const { blockPrivate = false } = options(given, ["blockPrivate"], "the options");
    if (typeof blockPrivate !== "boolean") {
      throw new TypeError(`\`blockPrivate\` is ${String(blockPrivate)}; pass true or false`);
    }
    this.#networks = call(() => new wasm.BlockedNetworks(texts, blockPrivate));
  }

  /**
   * Finds the network that blocks an IP address; `undefined` if none does.
   *
   * @throws PolicyError of the kind `invalid-address`.
   */
  check(address: string): Blocked | undefined {
    const text = string(address, "the address");
    const blocked = call(() => this.#networks.check(text));
    return blocked === undefined ? undefined : JSON.parse(blocked);
  }
}
