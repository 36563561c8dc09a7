/**
 * Decides which outbound HTTP requests a Spin component may make.
 *
 * It is the code of the host, compiled to WebAssembly; the results are the JSON that `spin-harness policy` prints.
 *
 * @module
 */

export { AllowList, type AllowListOptions } from "./allow-list.js";
export { BlockedNetworks, type BlockedNetworksOptions } from "./blocked-networks.js";
export { type InvalidEntry, PolicyError, type PolicyErrorKind } from "./error.js";
export { Manifest, type ManifestComponent, type ManifestOptions } from "./manifest.js";
export type {
  Allowed,
  Blocked,
  Decision,
  Denied,
  Evaluation,
  Explanation,
  ListName,
  Reason,
  RuleExplanation,
  Target,
  Usage,
  Warning,
  WarningKind,
} from "./results.js";
export { parseUrl, type UrlOptions } from "./url.js";
