// A guest whose handlers succeed or fail, one per path.

import { environment } from "spin-fetch";
import { observe } from "../oracle/cases.js";

// The top level runs while the component is built.
const fetchedWhileBuilt: string = await fetch("http://a.test/").then(
  () => "a response",
  (error: Error) => error.message,
);
const environmentWhileBuilt = JSON.stringify(environment());

function innermostFunction(): never {
  throw new RangeError("what went wrong", { cause: new Error("the cause") });
}

async function middleFunction(): Promise<never> {
  await null;
  return innermostFunction();
}

const paths: Record<string, (context: ExecutionContext) => unknown> = {
  "/oracle": async () => Response.json(await observe(environment().UPSTREAM ?? "")),
  "/environment": () =>
    Response.json({ ...environment(), environmentWhileBuilt, fetchedWhileBuilt }),
  "/throw": () => middleFunction(),
  "/never": () => new Promise(() => {}),
  "/timer": () => {
    setTimeout(innermostFunction, 0);
    return new Promise((resolve) => setTimeout(() => resolve(new Response("later")), 20));
  },
  "/nothing": () => undefined,
  "/text": () => "text",
  "/wait": (context) => {
    const wait = new Promise<void>((resolve) => setTimeout(resolve, 20));
    context.waitUntil(wait.then(() => console.log("waited")));
    return new Response("responded");
  },
};

interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
}

export default {
  fetch(request: Request, _environment: object, context: ExecutionContext): unknown {
    const { pathname } = new URL(request.url);
    const handler = paths[pathname];
    return handler ? handler(context) : new Response(null, { status: 404 });
  },
};
