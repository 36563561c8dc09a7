// The modules that the engine provides for the world in `build/world.ts`. Only `host-guest.ts` imports them.

declare module "fermyon:spin/http" {
  export const sendRequest: import("./wire.js").SendRequest;
}

declare module "fermyon:spin/variables@2.0.0" {
  export const get: import("./wire.js").GetVariable;
}

declare module "wasi:cli/environment@0.2.0" {
  export function getEnvironment(): [name: string, value: string][];
}
