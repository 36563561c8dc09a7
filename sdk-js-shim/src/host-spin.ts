/** The host of a component that is built for `fermyon:spin/http`. */

import { sendRequest as send } from "fermyon:spin/http";
import { refusal } from "./error.js";
import { phase, sharedEnvironment } from "./host-component.js";
import { REASONS } from "./reasons.js";
import { spinTransport } from "./spin-transport.js";

export { enter, environment, getVariable, isBuilding, phase } from "./host-component.js";

/** Sends requests by the import `fermyon:spin/http.send-request`. */
export const transport = spinTransport((request) => {
  if (phase() === "build") throw refusal(REASONS.noHostDuringBuild, {});
  return send(request);
}, sharedEnvironment);
