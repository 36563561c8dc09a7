/** The message of the error with which `AbortSignal.timeout` ends a call. */

/** The time of each reason of an expired `AbortSignal.timeout`, in milliseconds. */
const milliseconds = new WeakMap<object, number>();

/** Makes `AbortSignal.timeout` remember its time, which its reason does not have. */
export function rememberTimeouts(): void {
  const native = AbortSignal.timeout;
  const timeout = (time: number): AbortSignal => {
    const signal = native.call(AbortSignal, time);
    // The first listener, so it runs before those of the program and of signals that depend on this one.
    const onAbort = () => milliseconds.set(signal.reason as object, Number(time));
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
 * `fetch` must reject with the very reason of the signal, so the message of that object is replaced.
 * If several calls have the same signal, it names the one that was rejected last.
 */
export function describeTimeout(
  reason: unknown,
  { method, url }: { method: string; url: string },
): void {
  const time = milliseconds.get(reason as object);
  if (time === undefined) return;
  Object.defineProperty(reason, "message", {
    value: `${method} ${url}: timed out after ${time} ms (AbortSignal.timeout)`,
    writable: true,
    configurable: true,
  });
}
