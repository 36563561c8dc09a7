// A value that changes often, for work that is not to be done with each change.
import { useEffect, useState } from "preact/hooks";

/** The value, of which a change is seen `ms` milliseconds late, with those that came meanwhile. */
export function useSettled<Value>(value: Value, ms: number): Value {
  const [shown, setShown] = useState(value);
  const [latest] = useState({ value });
  latest.value = value;
  const isSettled = shown === value;
  useEffect(() => {
    if (isSettled) {
      return;
    }
    const timer = setTimeout(() => setShown(latest.value), ms);
    return () => clearTimeout(timer);
  }, [shown, isSettled]);
  return shown;
}
