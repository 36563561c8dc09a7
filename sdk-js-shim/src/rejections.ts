/**
 * The promises that were rejected and that nothing handles.
 *
 * The engine keeps them in a set, which it shows nobody. When the top level of the program has
 * ended, it iterates over the set to print them, by the iterator protocol, which a program can
 * replace. The iterator that it makes then is kept. An iterator of a set that was not read to its
 * end also returns what is added later, so a promise that is added on purpose marks the end.
 */

import { isBuilding } from "#host";

type PromiseIterator = Iterator<Promise<unknown>>;

const setIterator = Object.getPrototypeOf(new Set().values()) as PromiseIterator;
const iteratorPrototype = Object.getPrototypeOf(setIterator) as object;
const { next } = setIterator;
// A program may replace all of these.
const EnginePromise = Promise;
const { reject } = Promise;
const { then } = Promise.prototype;
const ignore = () => {};

/** The iterator over the set of the engine. */
let unhandled: PromiseIterator | undefined;
let isWatched = false;

/** Makes the engine iterate over its set at the end of the build. */
export function watchRejections(): void {
  if (!isBuilding() || isWatched) return;
  isWatched = true;
  const mark = addMark();
  const native = Object.getOwnPropertyDescriptor(iteratorPrototype, Symbol.iterator);
  Object.defineProperty(iteratorPrototype, Symbol.iterator, {
    configurable: true,
    writable: true,
    value(this: PromiseIterator) {
      if (!isCalledByEngine() || Object.getPrototypeOf(this) !== setIterator) return this;
      if (native) Object.defineProperty(iteratorPrototype, Symbol.iterator, native);
      unhandled = this;
      const promises = takeUnhandled().filter((promise) => promise !== mark);
      handle(mark);
      // The engine prints these, and the build fails.
      return promises[Symbol.iterator]();
    },
  });
}

/** The promises that nothing handles, each once. Only the end of a request asks for them. */
export function takeUnhandled(): Promise<unknown>[] {
  if (!unhandled) return [];
  const mark = addMark();
  const promises: Promise<unknown>[] = [];
  for (;;) {
    const { done, value } = next.call(unhandled) as IteratorResult<Promise<unknown>>;
    if (done || value === mark) break;
    promises.push(value);
  }
  handle(mark);
  return promises;
}

/** Adds a promise to the set. */
function addMark(): Promise<unknown> {
  // No `Error`, since its stack takes time.
  return reject.call(EnginePromise, "spin-fetch marks the end of the unhandled promises");
}

/** Removes a promise from the set. */
function handle(promise: Promise<unknown>): void {
  then.call(promise, undefined, ignore);
}

/**
 * Why a promise was rejected; `undefined` if it was not. The reason is in an object, because a promise would look for the
 * method `then` of the reason itself.
 */
export function reasonOf(promise: Promise<unknown>): Promise<{ reason: unknown }> {
  return then.call(
    promise,
    () => ({ reason: undefined }),
    (reason: unknown) => ({ reason }),
  ) as Promise<{ reason: unknown }>;
}

/** Whether no code of the program is on the stack below the caller. */
function isCalledByEngine(): boolean {
  const { stack = "" } = new Error();
  return stack.trimEnd().split("\n").length === 2;
}
