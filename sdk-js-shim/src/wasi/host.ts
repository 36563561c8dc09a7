/** The host of a component that is built for `wasi:http`. */

import { refusal } from "../error.js";
import { environment, isBuilding } from "../host-component.js";
import { REASONS } from "../reasons.js";
import type { Transport } from "../transport.js";
import { replaceBlobStream } from "./blob.js";
import { wasiTransport } from "./transport.js";

export {
  environment,
  getVariable,
  isBuilding,
  startServing,
  stopServing,
} from "../host-component.js";

const ofHost = wasiTransport(environment);

/** Sends requests by the import `wasi:http/outgoing-handler`. */
export const transport: Transport = {
  ...ofHost,
  async send(...words) {
    if (isBuilding()) throw refusal(REASONS.noHostDuringBuild, {});
    return ofHost.send(...words);
  },
};

replaceBlobStream();
