/** How values are shown in the log. A program can throw any value, so nothing here may throw. */

/** How many causes of an error are shown. */
const MAX_CAUSES = 10;

/** A value; of an error, its message, stack and causes. */
export function describe(value: unknown): string {
  const seen = new Set<unknown>();
  const lines = [describeOne(value, seen)];
  let current = value;
  for (let depth = 0; depth < MAX_CAUSES && isError(current); depth += 1) {
    const cause = read(current, "cause");
    if (cause === undefined || seen.has(cause)) break;
    // The errors of `fetch` have a cause of the same message, which would say everything twice.
    const isSame = isError(cause) && read(cause, "message") === read(current, "message");
    if (!isSame) lines.push(`caused by: ${describeOne(cause, seen)}`);
    current = cause;
  }
  return lines.join("\n");
}

/** `seen` has the errors that are described already: an error may contain itself. */
function describeOne(value: unknown, seen: Set<unknown>): string {
  if (!isError(value)) return describePlain(value);
  seen.add(value);
  const [message, stack] = [read(value, "message"), read(value, "stack")];
  const lines = typeof stack === "string" ? stack : "";
  // The stack contains the message in V8, but not in SpiderMonkey.
  const hasMessage = typeof message === "string" && message !== "" && lines.includes(message);
  const text = hasMessage ? lines : `${describePlain(value)}\n${lines}`.trimEnd();
  const errors = value instanceof AggregateError ? read(value, "errors") : undefined;
  if (!Array.isArray(errors)) return text;
  const parts = errors
    .filter((error) => !seen.has(error))
    .map((error, index) => `[${index}] ${describeOne(error, seen)}`);
  return [text, ...parts].join("\n");
}

/** Whether a value is an error. A proxy may throw. */
export function isError(value: unknown): value is Error {
  return attempt(() => value instanceof Error) ?? false;
}

/** Reads a property that may be a getter that throws. */
function read(value: Error, name: "cause" | "errors" | "message" | "stack"): unknown {
  return attempt(() => (value as Error & { errors?: unknown })[name]);
}

/** A value as text in one line. An object without a text of its own is shown as JSON. */
export function describePlain(value: unknown): string {
  const text = attempt(() => String(value));
  if (text !== undefined && !text.startsWith("[object ")) return text;
  const json = attempt(() => JSON.stringify(value));
  const type = () => attempt(() => Object.prototype.toString.call(value));
  return json ?? text ?? type() ?? "an object that cannot be shown";
}

/** The result of a function; `undefined` if it throws. */
function attempt<Result>(callback: () => Result): Result | undefined {
  try {
    return callback();
  } catch {
    return undefined;
  }
}
