// What the platform of a component has, and how it behaves.

import { run } from "../platform/cases.js";
import { runCrypto } from "../platform/crypto.js";
import api from "../platform/wintertc.json";

/** Interfaces of the SDK whose members are fields. */
const instances = {
  ErrorEvent: () => new ErrorEvent("error"),
  MessageChannel: () => new MessageChannel(),
  MessageEvent: () => new MessageEvent("message"),
  MessagePort: () => new MessageChannel().port1,
  PromiseRejectionEvent: () => new PromiseRejectionEvent("x", { promise: Promise.resolve() }),
};

/** The members of the table that are not there, as `Interface.member` or `Interface::static`. */
function missingMembers() {
  const missing = api.globals.filter((name) => !(name in globalThis));
  for (const [name, { members, static: statics = [] }] of Object.entries(api.interfaces)) {
    const type = globalThis[name];
    if (typeof type !== "function") {
      missing.push(name);
      continue;
    }
    const key = (member) => (member.startsWith("@@") ? Symbol[member.slice(2)] : member);
    const has = (member) => key(member) in type.prototype;
    const instance = instances[name]?.() ?? {};
    missing.push(
      ...members
        .filter((member) => !has(member) && !(member in instance))
        .map((m) => `${name}.${m}`),
      ...statics.filter((member) => !(member in type)).map((member) => `${name}::${member}`),
    );
  }
  if (typeof WebAssembly === "undefined") missing.push("WebAssembly");
  return missing;
}

export const paths = {
  "/missing": () => Response.json(missingMembers()),
  "/cases": async () => Response.json(await run()),
  "/crypto": async (request) => Response.json(await runCrypto(await request.json())),
};
