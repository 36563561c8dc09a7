/** The resources of one call. */

import { ready } from "./event-loop.js";
import type { Pollable, Resource } from "./wit.js";

/**
 * Owns resources of the host, and what waits for them. The host ends the instance if a resource is disposed of
 * before its children, so the end disposes of them in the reverse order of {@link Scope.own}.
 */
export class Scope {
  readonly #closers: (() => void)[] = [];
  readonly #rejections = new Set<(reason: unknown) => void>();
  #end: { reason: unknown } | undefined;

  /** Whether {@link Scope.end} was called. */
  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Adds a resource. A scope that has ended disposes of it at once, and throws. */
  own<Owned extends Resource>(resource: Owned): Owned {
    this.onEnd(() => resource[Symbol.dispose]());
    this.throwIfEnded();
    return resource;
  }

  /** Calls `closer` at the end, before the closers that were added earlier. */
  onEnd(closer: () => void): void {
    if (this.#end) closer();
    else this.#closers.push(closer);
  }

  /** @throws what the scope has ended with */
  throwIfEnded(): void {
    if (this.#end) throw this.#end.reason;
  }

  /** Resolves when `pollable` is ready, and rejects when the scope ends. */
  async ready(pollable: Pollable): Promise<void> {
    this.throwIfEnded();
    const { promise, forget } = ready(pollable);
    return new Promise((resolve, reject) => {
      const fail = (reason: unknown) => {
        forget();
        reject(reason);
      };
      this.#rejections.add(fail);
      promise.then(() => {
        this.#rejections.delete(fail);
        resolve();
      });
    });
  }

  /** Ends all waits with `reason`, and disposes of all resources. Later calls do nothing. */
  end(reason: unknown): void {
    if (this.#end) return;
    this.#end = { reason };
    for (const fail of this.#rejections) fail(reason);
    this.#rejections.clear();
    for (const closer of this.#closers.splice(0).reverse()) closer();
  }
}

/** Disposes of a resource of a scope when it is no longer needed. */
export class Handle<Owned extends Resource> {
  #resource: Owned | undefined;

  constructor(scope: Scope, resource: Owned) {
    this.#resource = resource;
    scope.onEnd(() => this.dispose());
    scope.throwIfEnded();
  }

  /** The resource; `undefined` after it was taken or disposed of. */
  get resource(): Owned | undefined {
    return this.#resource;
  }

  /** Gives the resource away, such as to a function that consumes it. */
  take(): Owned | undefined {
    const resource = this.#resource;
    this.#resource = undefined;
    return resource;
  }

  dispose(): void {
    this.take()?.[Symbol.dispose]();
  }
}
