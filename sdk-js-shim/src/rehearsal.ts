/**
 * The guest's part of the rehearsal: a request that the build sends to the component, with a host of its own
 * (`build/rehearsal/`).
 *
 * The engine compiles a function when it is called for the first time, and allocates much that it keeps. A component
 * that has handled a request contains all of that. Otherwise, each instance would begin with it.
 */

import { enter, isBuilding, phase } from "#host";
import { fetch } from "./index.js";
import type { Handler } from "./invoke.js";
import { REHEARSAL_TIME } from "./rehearsal-time.js";
import { Response } from "./response.js";

const { now } = Date;

/**
 * The handler of a request that begins: `handler`, but in the rehearsal one of the SDK, because that of the program must
 * not run while the component is built.
 */
export function beginRequest(handler: Handler): Handler {
  if (isBuilding() && now() === REHEARSAL_TIME) {
    enter("rehearsal");
    return useSdk;
  }
  enter("serving");
  return handler;
}

/** Ends what {@link beginRequest} has begun. After the rehearsal, the component is being built again. */
export function endRequest(): void {
  if (phase() === "rehearsal") enter("build");
}

/** Does what many handlers do: makes calls with and without a body, and reads bodies whole and as streams. */
const useSdk: Handler = async (request) => {
  const { origin } = new URL(request.url);
  const streamed = await fetch(`${origin}/`);
  const sent = { method: "POST", headers: request.headers as Headers, duplex: "half" } as const;
  const passedOn = await fetch(origin, { ...sent, body: streamed.body });
  await passedOn.json();
  const { status, headers, body } = await fetch(origin, { ...sent, body: await request.text() });
  const text = await new Response(body, { headers }).text();
  return new Response(text, { status, headers });
};
