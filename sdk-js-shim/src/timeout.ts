/** The message of the error with which `AbortSignal.timeout` ends a call. */

/** An `AbortSignal.timeout` that has expired: its time in milliseconds, and the calls that it has ended. */
interface Timeout {
  time: number;
  calls: Set<string>;
}

/** By the reason of the signal. */
const timeouts = new WeakMap<object, Timeout>();

/** How many calls a message names. */
const MAX_NAMED = 3;

/** Makes `AbortSignal.timeout` remember its time, which its reason does not have. */
export function rememberTimeouts(): void {
  const native = AbortSignal.timeout;
  const timeout = (time: number): AbortSignal => {
    const signal = native.call(AbortSignal, time);
    // The first listener, so it runs before those of the program and of signals that depend on this one.
    const onAbort = () =>
      timeouts.set(signal.reason as object, { time: Number(time), calls: new Set() });
    signal.addEventListener("abort", onAbort, { once: true });
    return signal;
  };
  Object.defineProperty(AbortSignal, "timeout", {
    value: timeout,
    writable: true,
    configurable: true,
  });
}

/**
 * Makes the message of `reason` name the call and the time, if an `AbortSignal.timeout` aborted it.
 *
 * `fetch` must reject with the very reason of the signal, so the message of that object is replaced. If several calls
 * have the same signal, they have the same object, so it names each of them.
 */
export function describeTimeout(
  reason: unknown,
  { method, url }: { method: string; url: string },
): void {
  const timeout = timeouts.get(reason as object);
  if (!timeout) return;
  const { time, calls } = timeout;
  calls.add(`${method} ${url}`);
  const nOthers = calls.size - MAX_NAMED;
  const named = [...calls].slice(0, MAX_NAMED).join(", ");
  const others = nOthers > 0 ? ` and ${nOthers} more` : "";
  Object.defineProperty(reason, "message", {
    value: `${named}${others}: timed out after ${time} ms (AbortSignal.timeout)`,
    writable: true,
    configurable: true,
  });
}
