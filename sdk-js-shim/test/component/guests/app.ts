// A guest whose handlers succeed or fail, one per path.

import { environment, VariableError, variables } from "spin-fetch";
import { runChecks } from "../checks/checks.js";
import { observe } from "../oracle/cases.js";
import { hostile } from "./hostile.js";
import { paths as platform } from "./platform.js";
import { paths as proxy } from "./proxy.js";
import { wasiHttp } from "./wasi-http.js";

// The top level runs while the component is built.
const fetchedWhileBuilt: string = await fetch("http://a.test/").then(
  () => "a response",
  (error: Error) => error.message,
);
const randomAtTopLevel = Math.random();
const { random: capturedRandom } = Math;
// A check of a variable that is set in a handler only.
export const tokenWhileBuilt = process.env.TOKEN;
const environmentWhileBuilt = JSON.stringify(environment());

function innermostFunction(): never {
  throw new RangeError("what went wrong", { cause: new Error("the cause") });
}

async function middleFunction(): Promise<never> {
  await null;
  return innermostFunction();
}

function valueOrError(name: string): string | object {
  try {
    return variables.get(name);
  } catch (error) {
    if (!(error instanceof VariableError)) throw error;
    const { code, variable, message } = error;
    return { code, variable, message };
  }
}

type Handler = (request: Request, context: ExecutionContext) => unknown;

const paths: Record<string, Handler> = {
  ...platform,
  ...proxy,
  "/oracle": async () => Response.json(await observe(environment().UPSTREAM ?? "")),
  "/checks": async () => Response.json(await runChecks(environment().UPSTREAM ?? "")),
  "/environment": () =>
    Response.json({
      ...environment(),
      ofProcess: process.env.A,
      environmentWhileBuilt,
      fetchedWhileBuilt,
    }),
  "/variables": ({ url }) =>
    Response.json(new URL(url).searchParams.getAll("name").map(valueOrError)),
  "/throw": () => middleFunction(),
  "/never": () => new Promise(() => {}),
  "/timer": () => {
    setTimeout(innermostFunction, 0);
    return new Promise((resolve) => setTimeout(() => resolve(new Response("later")), 20));
  },
  "/unhandled": () => {
    middleFunction();
    Promise.reject("only text");
    Promise.reject(new Error("handled")).catch(() => {});
    return new Response("responded");
  },
  "/prevented": () => {
    addEventListener("unhandledrejection", (event) => {
      const { reason } = event as PromiseRejectionEvent;
      console.error(`the listener saw ${reason.message}`);
      event.preventDefault();
    });
    middleFunction();
    return new Response("responded");
  },
  "/console": () => {
    try {
      innermostFunction();
    } catch (error) {
      console.error(error);
      console.error("it failed:", error);
    }
    console.log("%s is %d of 100%% %o", "a", 5.5, { b: 1 }, "and more");
    console.trace("here");
    return new Response("logged");
  },
  "/random": () =>
    Response.json({
      atTopLevel: randomAtTopLevel,
      number: Math.random(),
      captured: capturedRandom(),
      uuid: crypto.randomUUID(),
      bytes: String(crypto.getRandomValues(new Uint8Array(8))),
      origin: performance.timeOrigin,
    }),
  "/*": ({ method, url }) => new Response(`${method} ${url}`),
  "/nothing": () => undefined,
  "/text": () => "text",
  "/wait": (_request, context) => {
    const wait = new Promise<void>((resolve) => setTimeout(resolve, 20));
    context.waitUntil(wait.then(() => console.log("waited")));
    return new Response("responded");
  },
};

interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
}

export default {
  fetch(request: Request, environment: object, context: ExecutionContext): unknown {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/hostile/")) return hostile(request, context);
    if (pathname.startsWith("/wasi-http/")) return wasiHttp(request, environment, context);
    const handler = paths[pathname];
    return handler ? handler(request, context) : new Response(null, { status: 404 });
  },
};
