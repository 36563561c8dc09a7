// A guest that shows what the platform of a component has, and how it behaves.

import "spin-fetch";
import { createLocalJWKSet, jwtVerify } from "jose";
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

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/missing") return Response.json(missingMembers());
    if (pathname === "/cases") return Response.json(await run());
    if (pathname === "/crypto") return Response.json(await runCrypto(await request.json()));
    if (pathname === "/jose") {
      const { keys, tokens } = await request.json();
      const verified = tokens.map(async (token) =>
        jwtVerify(token, createLocalJWKSet({ keys })).then(
          ({ payload }) => payload.sub,
          (error) => error.code,
        ),
      );
      return Response.json(await Promise.all(verified));
    }
    return new Response(null, { status: 404 });
  },
};
