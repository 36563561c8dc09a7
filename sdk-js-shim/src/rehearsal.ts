/**
 * The guest's part of the rehearsal: a request that the build sends to the component, with a host of its own
 * (`build/rehearsal/`).
 *
 * The engine compiles a function when it is called for the first time, and allocates much that it keeps. A component
 * that has handled a request contains all of that. Otherwise, each instance would begin with it.
 */

import { isBuilding, startServing, stopServing } from "#host";
import { fetch } from "./index.js";
import type { Handler } from "./invoke.js";

/**
 * Makes the export of `handle`: it calls `handle` with `handler`, but in the rehearsal with a handler of the SDK,
 * because that of the program must not run while the component is built.
 */
export function rehearsed<Arguments extends unknown[], Result>(
  handler: Handler,
  handle: (handler: Handler, ...args: Arguments) => Promise<Result>,
): (...args: Arguments) => Promise<Result> {
  let isRehearsal = isBuilding();
  return (...args) => {
    startServing();
    if (!isRehearsal) return handle(handler, ...args);
    isRehearsal = false;
    return handle(useSdk, ...args).finally(stopServing);
  };
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
