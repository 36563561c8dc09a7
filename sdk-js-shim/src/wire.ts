/**
 * The records of the WIT import, as the engine hands them over.
 *
 * `wit/deps/fermyon-spin/http-types.wit` has their documentation; a test compares the names.
 */

/** The seven methods of the import, as they are spelled in Fetch, with the WIT's word for each. */
export const WIRE_METHODS = {
  GET: "get",
  POST: "post",
  PUT: "put",
  DELETE: "delete",
  PATCH: "patch",
  HEAD: "head",
  OPTIONS: "options",
} as const;

/** A method in the WIT's spelling. */
export type WireMethod = (typeof WIRE_METHODS)[keyof typeof WIRE_METHODS];

/** Header fields in order; a name may repeat. Values are text. */
export type WireHeaders = [name: string, value: string][];

/** A request as the import takes it. `undefined` and an empty body are different. */
export interface WireRequest {
  method: WireMethod;
  uri: string;
  headers: WireHeaders;
  params: WireHeaders;
  body?: Uint8Array | undefined;
}

/** A response as the import gives it. */
export interface WireResponse {
  status: number;
  headers?: WireHeaders | undefined;
  body?: Uint8Array | undefined;
}

/** The import: blocks until the response is there, or throws a value whose `payload` is a case of `http-error`. */
export type SendRequest = (request: WireRequest) => WireResponse;
