// The modules that the engine provides for the world in `build/world.ts`. Only the files of the hosts and of `wasi/` import them.

declare module "fermyon:spin/http" {
  export const sendRequest: import("./wire.js").SendRequest;
}

declare module "fermyon:spin/variables@2.0.0" {
  export const get: import("./wire.js").GetVariable;
}

declare module "wasi:cli/environment@0.2.0" {
  export function getEnvironment(): [name: string, value: string][];
}

declare module "wasi:io/poll@0.2.0" {
  export type Pollable = import("./wasi/wit.js").Pollable;
  export function poll(pollables: Pollable[]): Uint32Array;
}

declare module "wasi:clocks/monotonic-clock@0.2.0" {
  export function now(): bigint;
  export function subscribeInstant(when: bigint): import("./wasi/wit.js").Pollable;
}

declare module "wasi:http/outgoing-handler@0.2.0" {
  export function handle(
    request: import("./wasi/wit.js").OutgoingRequest,
    options: undefined,
  ): import("./wasi/wit.js").FutureIncomingResponse;
}

declare module "wasi:http/types@0.2.0" {
  type Wit = typeof import("./wasi/wit.js");
  export const Fields: Wit["Fields"];
  export const OutgoingRequest: Wit["OutgoingRequest"];
  export const OutgoingResponse: Wit["OutgoingResponse"];
  export const OutgoingBody: Wit["OutgoingBody"];
  export const ResponseOutparam: Wit["ResponseOutparam"];
  export function httpErrorCode(
    error: import("./wasi/wit.js").IoError,
  ): import("./wasi/wit.js").ErrorCode | undefined;
}
