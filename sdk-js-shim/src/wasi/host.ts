/** The host of a component that is built for `wasi:http`. */

import { refusal } from "../error.js";
import type { Phase } from "../host.js";
import { enter as enterPhase, phase, sharedEnvironment } from "../host-component.js";
import { REASONS } from "../reasons.js";
import type { Transport } from "../transport.js";
import { replaceBlobStream } from "./blob.js";
import { forgetInboundHosts } from "./framing.js";
import { wasiTransport } from "./transport.js";

export { environment, getVariable, isBuilding, phase } from "../host-component.js";

const ofHost = wasiTransport(sharedEnvironment);

/** Sends requests by the import `wasi:http/outgoing-handler`. */
export const transport: Transport = {
  ...ofHost,
  send(hop, signal) {
    if (phase() === "build") throw refusal(REASONS.noHostDuringBuild, {});
    return ofHost.send(hop, signal);
  },
};

/** Begins a phase. A component that is being built again forgets what belongs to the rehearsal. */
export function enter(next: Phase): void {
  enterPhase(next);
  if (next === "build") forgetInboundHosts();
}

replaceBlobStream();
