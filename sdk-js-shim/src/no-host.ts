import { refusal } from "./error.js";

/** What a call ends with where there is no host. */
export function noHost(wayOut: string): TypeError {
  return refusal("no-host", `no host is there to send it; ${wayOut}`);
}
