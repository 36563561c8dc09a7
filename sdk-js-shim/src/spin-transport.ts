/** `fetch` over the import `fermyon:spin/http`, which blocks and buffers bodies. */

import type { Bytes } from "./byte-reader.js";
import { decodeContent } from "./content-coding.js";
import { type Context, errorFromWire, failure } from "./error.js";
import { methodToWire } from "./method.js";
import { REASONS } from "./reasons.js";
import { headersOf, readBody, urlOf } from "./request.js";
import { chain, type Hop, type Received, type Transport } from "./transport.js";
import { urlToWire } from "./url.js";
import type { SendRequest, WireRequest } from "./wire.js";

/** The environment variable with which the developer says what the host does with redirects. */
export const VARIABLE = "SPIN_FETCH_REDIRECTS";

/**
 * The values of {@link VARIABLE}.
 *
 * - `returned`: the host returns redirects, and `fetch` handles them as each request's `redirect` says.
 * - `followed`: the host may follow redirects, and the developer accepts that for requests with
 *   `redirect: "manual"` and `redirect: "error"` too.
 */
const HANDLINGS = ["returned", "followed"] as const;
type Handling = (typeof HANDLINGS)[number];

/** The environment of the component. */
export type Environment = () => Readonly<Record<string, string>>;

/** Sends requests by `sendRequest`. */
export function spinTransport(sendRequest: SendRequest, environment: Environment): Transport {
  return {
    blocks: true,
    redirects: (context) => handlingIn(environment, context),
    prepare(request, context) {
      const { method } = request;
      // An error of the method comes before the body is read.
      methodToWire(method);
      return chain(readBody(request), (body) => {
        return { method, url: urlOf(request), headers: headersOf(request), body, context };
      });
    },
    send(hop) {
      try {
        const { status, headers = [], body = new Uint8Array(0) } = sendRequest(toWire(hop));
        return { status, headers, body: body as Bytes };
      } catch (thrown) {
        throw errorFromWire(thrown, hop.context);
      }
    },
    textOf: (value) => value,
    decode: (received, context) => decodeContent(received as Received & { body: Bytes }, context),
  };
}

function toWire({ method, url, headers, body }: Hop): WireRequest {
  const bytes = body as Bytes | undefined;
  return { method: methodToWire(method), uri: urlToWire(url), headers, params: [], body: bytes };
}

/** The value of {@link VARIABLE}; `undefined` if it is not set. @throws TypeError if it has another value. */
export function handlingIn(environment: Environment, context: Context): Handling | undefined {
  const value = environment()[VARIABLE];
  if (value === undefined) return undefined;
  const handling = HANDLINGS.find((handling) => handling === value);
  if (handling) return handling;
  const values = HANDLINGS.join(", ");
  const shown = { variable: VARIABLE, value: JSON.stringify(value), values };
  throw failure(REASONS.redirectHandlingUnknown, shown, context);
}
