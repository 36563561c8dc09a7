// The filter of the list.
import { isDenied, isFailed } from "./format";
import type { Call, Exchange, TrafficRequest } from "./types";

type Test = (exchange: Exchange) => boolean;

export const FILTER_HELP =
  'Words of the method, the URL, the component, the error, the header fields that are not hidden, or a body of text; status:404, status:5xx, method:POST, component:NAME, is:failed, is:denied, is:mocked, is:running. A minus before a word excludes it, and "quotes" keep words together.';

/** The requests that have a word in what the list does not have, by the word. */
export type Found = ReadonlyMap<string, ReadonlySet<number>>;

interface Word {
  text: string;
  /** What stands before the colon, if that is a key of the filter. */
  key: string | null;
  isExcluded: boolean;
}

const KEYS = ["status", "method", "component", "is"];

function wordsOf(filter: string): Word[] {
  const words = filter.toLowerCase().matchAll(/(-?)(?:"([^"]*)"?|(\S+))/g);
  return [...words].flatMap(([whole, minus, quoted, plain]) => {
    if (quoted !== undefined) {
      return quoted === "" ? [] : [{ text: quoted, key: null, isExcluded: minus !== "" }];
    }
    const text = plain ?? whole;
    const key = KEYS.find((key) => text.startsWith(`${key}:`)) ?? null;
    return [{ text, key, isExcluded: minus !== "" }];
  });
}

/** The words of a filter that the server searches. */
export function searched(filter: string): string[] {
  return wordsOf(filter).flatMap(({ text, key }) => (key === null ? text : []));
}

/** A function that says whether a request, or one of its calls, has every word of a filter. */
export function matcher(filter: string, found: Found): (request: TrafficRequest) => boolean {
  const tests = wordsOf(filter).map((word) => {
    const test = testOf(word);
    const others = found.get(word.text);
    return (request: TrafficRequest) =>
      (test(request) || request.calls.some(test) || others?.has(request.id) === true) !==
      word.isExcluded;
  });
  return (request) => tests.every((test) => test(request));
}

function testOf({ text: word, key }: Word): Test {
  const value = word.slice((key?.length ?? -1) + 1);
  switch (key) {
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
