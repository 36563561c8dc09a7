// What the checks share.

/** What the upstream has received of a request. Of the fields that some clients add, only those in `raw` are there. */
export async function echo(input, init, raw) {
  const seen = await (await fetch(input, init)).json();
  if (raw) {
    const { rawHeaders } = seen;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index].toLowerCase();
      seen.headers[name] ??= rawHeaders[index + 1];
    }
  }
  return seen;
}

export const lengthOf = ({ headers }) => headers["content-length"];

/** What a promise is rejected with. */
export async function rejection(promise) {
  let value;
  try {
    value = await promise;
  } catch (thrown) {
    return thrown;
  }
  throw new Error(`it resolves with ${String(value)}`);
}

/** A stream of chunks; the last one may be an Error. `reasons` gets the reasons of `cancel`. */
export function streamOf(chunks, reasons = []) {
  const left = [...chunks];
  return new ReadableStream({
    pull(controller) {
      const chunk = left.shift();
      if (chunk instanceof Error) controller.error(chunk);
      else if (chunk === undefined) controller.close();
      else controller.enqueue(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
    },
    cancel: (reason) => reasons.push(reason),
  });
}

/** A stream that never makes a chunk. */
export const silentStream = (reasons = []) =>
  new ReadableStream({ cancel: (reason) => reasons.push(reason) });
