/**
 * The records of the WIT import, as the engine represents them.
 *
 * `wit/deps/fermyon-spin/http-types.wit` has their documentation; a test compares the names.
 */

/** The seven methods of the import: the name in Fetch, and the name in the WIT. */
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

/**
 * The values of the fields whose name is `key`, which is in lower case.
 *
 * It compares lengths first and has no callback, because the engine is an interpreter, and this runs several times for
 * each message.
 */
export function valuesOf(list: WireHeaders, key: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < list.length; index += 1) {
    const pair = list[index] as WireHeaders[number];
    const name = pair[0];
    if (name.length === key.length && name.toLowerCase() === key) values.push(pair[1]);
  }
  return values;
}

/** What `convert` makes of each field. `Array.prototype.map` takes as long as seven calls of it in the engine. */
export function mapFields<Value, Field>(
  list: [name: string, value: Value][],
  convert: (field: [name: string, value: Value]) => Field,
): Field[] {
  const converted: Field[] = [];
  for (let index = 0; index < list.length; index += 1) {
    converted.push(convert(list[index] as [string, Value]));
  }
  return converted;
}

/** The request of the import. `body` is `undefined` if the request has none, which differs from an empty body. */
export interface WireRequest {
  method: WireMethod;
  uri: string;
  headers: WireHeaders;
  params: WireHeaders;
  body?: Uint8Array | undefined;
}

/** The response of the import. */
export interface WireResponse {
  status: number;
  headers?: WireHeaders | undefined;
  body?: Uint8Array | undefined;
}

/** The import. It blocks until the response has arrived, and throws a value whose `payload` is a case of `http-error`. */
export type SendRequest = (request: WireRequest) => WireResponse;

/** The import of the variables. It throws a value whose `payload` is a case of its variant `error`, as `{ tag, val }`. */
export type GetVariable = (name: string) => string;
