// The filter of the list.
import { isDenied, isFailed } from "./format";
import type { Call, Exchange, TrafficRequest } from "./types";

type Test = (exchange: Exchange) => boolean;

export const FILTER_HELP =
  "Words of the method, the URL, the component or the error; status:404, status:5xx, method:POST, component:NAME, is:failed, is:denied, is:mocked, is:running. A minus before a word excludes it.";

/** A function that says whether a request, or one of its calls, has every word of a filter. */
export function matcher(filter: string): (request: TrafficRequest) => boolean {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const tests = words.map((word) => {
    const isExcluded = word.length > 1 && word.startsWith("-");
    const test = testOf(isExcluded ? word.slice(1) : word);
    return (request: TrafficRequest) => (test(request) || request.calls.some(test)) !== isExcluded;
  });
  return (request) => tests.every((test) => test(request));
}

function testOf(word: string): Test {
  const colon = word.indexOf(":");
  const value = word.slice(colon + 1);
  switch (colon < 0 ? "" : word.slice(0, colon)) {
    case "status":
      return ({ status }) =>
        status !== null &&
        [...String(status)].every((digit, index) => value[index] === digit || value[index] === "x");
    case "method":
      return ({ method }) => method.toLowerCase() === value;
    case "component":
      return ({ component }) => component?.toLowerCase() === value;
    case "is":
      return stateOf(value);
    default:
      return ({ method, url, component, error }) =>
        [method, url, component, error].some((text) => text?.toLowerCase().includes(word));
  }
}

function stateOf(name: string): Test {
  switch (name) {
    case "failed":
      return isFailed;
    case "denied":
      return isDenied;
    case "mocked":
      return (exchange) => "via" in exchange && (exchange as Call).via?.kind === "mock";
    case "running":
      return ({ is_running }) => is_running;
    default:
      return () => false;
  }
}
