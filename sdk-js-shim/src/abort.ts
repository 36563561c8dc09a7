/** Waits that an `AbortSignal` ends. */

import type { Awaitable } from "./transport.js";

/** Waits for `value`, until `signal` is aborted. @throws the reason of the signal */
export function untilAborted<Value>(
  value: Awaitable<Value>,
  signal: AbortSignal | undefined,
): Awaitable<Value> {
  if (!signal) return value;
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort);
  });
  return Promise.race([value, aborted]).finally(() => signal.removeEventListener("abort", onAbort));
}
