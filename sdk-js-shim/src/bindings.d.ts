// What the engine gives for the world of `build/world.ts`; only `host-guest.ts` imports it.

declare module "fermyon:spin/http" {
  export const sendRequest: import("./wire.js").SendRequest;
}

declare module "wasi:cli/environment@0.2.0" {
  export function getEnvironment(): [name: string, value: string][];
}
