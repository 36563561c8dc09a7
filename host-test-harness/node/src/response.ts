/** The responses of the application, as JavaScript has them. */

import { HarnessError } from "./error.js";
import { fromBase64, type ResponseMessage, toHeaders } from "./wire.js";

/** The statuses with which a `Response` has no body. */
const WITHOUT_BODY = [204, 205, 304];

/** Whether a response has a body; an empty one, too. */
export function hasBody(status: number, method: string): boolean {
  return !WITHOUT_BODY.includes(status) && method !== "HEAD";
}

/**
 * A response to a request of this method.
 *
 * @throws HarnessError if a `Response` cannot have its status.
 */
export function toResponse(
  { status, headers }: ResponseMessage,
  method: string,
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>,
): Response {
  if (status > 599) {
    const message = `the response has the status ${status}, and a Response of JavaScript has one up to 599`;
    throw new HarnessError("invalid-response", message);
  }
  const content = hasBody(status, method) ? body : null;
  return new Response(content, { status, headers: toHeaders(headers) });
}

/** As {@link toResponse}, for a response that came with its body. */
export function wholeResponse(message: ResponseMessage, method: string): Response {
  return toResponse(message, method, fromBase64(message.body ?? ""));
}
