/** How values are shown in the log. */

/** How many causes of an error are shown. A cause may be the error itself. */
const MAX_CAUSES = 10;

/** A value; of an error, its message, stack and causes. */
export function describe(value: unknown): string {
  const lines = [describeOne(value)];
  let cause = value instanceof Error ? value.cause : undefined;
  for (let depth = 0; cause !== undefined && depth < MAX_CAUSES; depth += 1) {
    lines.push(`caused by: ${describeOne(cause)}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines.join("\n");
}

function describeOne(value: unknown): string {
  if (!(value instanceof Error)) return describePlain(value);
  const stack = value.stack ?? "";
  // The stack contains the message in V8, but not in SpiderMonkey.
  const text =
    stack.includes(value.message) && value.message ? stack : `${value}\n${stack}`.trimEnd();
  if (!(value instanceof AggregateError)) return text;
  const errors = (value.errors as unknown[]).map(
    (error, index) => `[${index}] ${describeOne(error)}`,
  );
  return [text, ...errors].join("\n");
}

function describePlain(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
