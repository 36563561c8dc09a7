/** The resources of one call. */

import { whenReady } from "./event-loop.js";
import type { Pollable, Resource } from "./wit.js";

/**
 * Owns resources of the host, and what waits for them. The host ends the instance if a resource is disposed of
 * before its children, so the end disposes of them in the reverse order of {@link Scope.own}.
 */
export class Scope {
  /** A resource is disposed of. It is here and not in a function, because the engine takes long to make one. */
  private readonly closers: (Resource | ((reason: unknown) => void))[] = [];
  private readonly rejections = new Set<(reason: unknown) => void>();
  private ended: { reason: unknown } | undefined;

  /** Adds a resource. A scope that has ended disposes of it at once, and throws. */
  own<Owned extends Resource>(resource: Owned): Owned {
    if (this.ended) {
      resource[Symbol.dispose]();
      throw this.ended.reason;
    }
    this.closers.push(resource);
    return resource;
  }

  /**
   * Adds a resource, until the function that is returned gives it away, such as to a function of the host
   * that consumes it. Like {@link Scope.own}, both throw if the scope has ended.
   */
  lend<Owned extends Resource>(resource: Owned): () => Owned {
    let isOwned = true;
    this.onEnd(() => isOwned && resource[Symbol.dispose]());
    this.throwIfEnded();
    return () => {
      this.throwIfEnded();
      isOwned = false;
      return resource;
    };
  }

  /** Calls `closer` at the end, before the closers that were added earlier, with what the scope ends with. */
  onEnd(closer: (reason: unknown) => void): void {
    if (this.ended) closer(this.ended.reason);
    else this.closers.push(closer);
  }

  /** @throws what the scope has ended with */
  throwIfEnded(): void {
    if (this.ended) throw this.ended.reason;
  }

  /** Resolves when `pollable` is ready, and rejects when the scope ends. */
  ready(pollable: Pollable): Promise<void> {
    return new Promise((resolve, reject) => {
      this.throwIfEnded();
      const forget = whenReady(pollable, () => {
        this.rejections.delete(fail);
        resolve();
      });
      const fail = (reason: unknown) => {
        forget();
        reject(reason);
      };
      this.rejections.add(fail);
    });
  }

  /** Ends all waits with `reason`, and disposes of all resources. Later calls do nothing. */
  end(reason: unknown): void {
    if (this.ended) return;
    this.ended = { reason };
    if (this.rejections.size > 0) for (const fail of this.rejections) fail(reason);
    this.rejections.clear();
    for (let closer = this.closers.pop(); closer; closer = this.closers.pop()) {
      if (typeof closer === "function") closer(reason);
      else closer[Symbol.dispose]();
    }
  }
}
