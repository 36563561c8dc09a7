/** A request that a test expects, and how often. */

import { assertKnownKeys } from "./options.js";
import { type UrlData, type UrlLike, urlData } from "./url-pattern.js";
import {
  assertBytes,
  assertNumber,
  assertText,
  type FieldsInit,
  jsonValue,
  type NamedValues,
  namedValues,
  withValue,
} from "./values.js";
import { toBase64 } from "./wire.js";

/** What a request must be, as a mock file has it. */
interface RequestData extends UrlData {
  method?: string;
  host?: string;
  path_segments?: readonly string[];
  query?: NamedValues;
  headers?: NamedValues;
  absent_headers?: readonly string[];
  all_headers?: NamedValues;
  json?: unknown;
  json_subset?: unknown;
  text?: string;
  base64?: string;
  form?: NamedValues;
  multipart?: NamedValues;
}

/** A mock without its responses, as a mock file has it. */
interface ExpectationData {
  name?: string;
  request: RequestData;
  times?: number;
  at_least?: number;
  at_most?: number;
  priority?: number;
  when_state?: string;
  then_state?: string;
}

/** How often a mock answers: exactly so often, or within a range. Without `atLeast` it is once, or 0 if `atMost` is 0. */
export type Times = number | { readonly atLeast?: number; readonly atMost?: number };

/**
 * A request that a test expects, and how often. Everything that is set must hold; what is not set may be anything.
 *
 * {@link get}, {@link request} and {@link any} make one. It does not change: each method returns another one.
 *
 * @example
 * ```js
 * import { any, get, glob, post, request } from "spin-harness";
 *
 * const price = get("https://api.test/price").query("sku", "7");
 * const order = post("https://api.test/order").jsonSubset({ sku: 7 }).times({ atLeast: 1, atMost: 2 });
 * const stock = request("PURGE", glob("http://stock.spin.internal/**")).times({ atLeast: 0 });
 * const rest = any().host("api.test").priority(-1);
 * ```
 */
export class Expectation {
  readonly #data: ExpectationData;

  /** @internal */
  constructor(data: ExpectationData) {
    this.#data = data;
  }

  /** A name for errors, the log and {@link ReceivedRequest.mock}. Defaults to the method and URL. */
  named(name: string): Expectation {
    assertText(name, "named(name)");
    return this.#with({ name });
  }

  /** The URI host, without the port. */
  host(host: string): Expectation {
    assertText(host, "host(host)");
    return this.#withRequest({ host });
  }

  /** The path, one text for each segment, decoded. `*` stands for any one segment, a last `**` for all that follow. */
  pathSegments(segments: Iterable<string>): Expectation {
    return this.#withRequest({ path_segments: [...segments] });
  }

  /** A query parameter, decoded. The query may have others. */
  query(name: string, value: string): Expectation {
    assertText(value, `query(${JSON.stringify(name)}, value)`);
    return this.#withRequest({ query: withValue(this.#data.request.query ?? {}, name, value) });
  }

  /** A header field. The request may have others, and other values of the same name. */
  header(name: string, value: string): Expectation {
    assertText(value, `header(${JSON.stringify(name)}, value)`);
    return this.#withRequest({ headers: withValue(this.#data.request.headers ?? {}, name, value) });
  }

  /** A header field that the request must not have. */
  withoutHeader(name: string): Expectation {
    const absent = this.#data.request.absent_headers ?? [];
    return this.#withRequest({ absent_headers: [...absent, name] });
  }

  /** All header fields: the values of each name, in order, and no other name. */
  allHeaders(fields: FieldsInit): Expectation {
    return this.#withRequest({ all_headers: namedValues(fields) });
  }

  /** The body as JSON, equal to `value`. */
  json(value: unknown): Expectation {
    return this.#withRequest({ json: jsonValue(value, "json(value)") });
  }

  /** The body as JSON, whose objects may have members that `value` lacks. */
  jsonSubset(value: unknown): Expectation {
    return this.#withRequest({ json_subset: jsonValue(value, "jsonSubset(value)") });
  }

  /** The body as text. */
  text(text: string): Expectation {
    assertText(text, "text(text)");
    return this.#withRequest({ text });
  }

  /** The body's bytes. */
  bytes(bytes: Uint8Array): Expectation {
    assertBytes(bytes, "bytes(bytes)");
    return this.#withRequest({ base64: toBase64(bytes) });
  }

  /** A field of a body of `application/x-www-form-urlencoded`, decoded. The body may have others. */
  form(name: string, value: string): Expectation {
    assertText(value, `form(${JSON.stringify(name)}, value)`);
    return this.#withRequest({ form: withValue(this.#data.request.form ?? {}, name, value) });
  }

  /** A field or file of a body of `multipart/form-data`. The body may have others. */
  multipart(name: string, value: string): Expectation {
    assertText(value, `multipart(${JSON.stringify(name)}, value)`);
    const { multipart = {} } = this.#data.request;
    return this.#withRequest({ multipart: withValue(multipart, name, value) });
  }

  /**
   * How often the mock answers. Below it the mock was not met; after it the mock no longer matches. Defaults to
   * `{ atLeast: 1 }`.
   *
   * @throws TypeError for an object that has neither, or that has another key.
   */
  times(times: Times): Expectation {
    const { times: _times, at_least: _least, at_most: _most, ...rest } = this.#data;
    if (typeof times === "number") {
      assertNumber(times, "times(n)");
      return new Expectation({ ...rest, times });
    }
    if (typeof times !== "object" || times === null) {
      throw new TypeError(`times(n): ${String(times)} is not a number or { atLeast, atMost }`);
    }
    assertKnownKeys(times, ["atLeast", "atMost"], "times({ atLeast, atMost })");
    const { atLeast, atMost } = times;
    if (atLeast === undefined && atMost === undefined) {
      throw new TypeError("times({ atLeast, atMost }): pass one of them or both, or a number");
    }
    if (atLeast !== undefined) assertNumber(atLeast, "times({ atLeast })");
    if (atMost !== undefined) assertNumber(atMost, "times({ atMost })");
    return new Expectation({
      ...rest,
      ...(atLeast === undefined ? {} : { at_least: atLeast }),
      ...(atMost === undefined ? {} : { at_most: atMost }),
    });
  }

  /**
   * Which of several matching mocks answers: the one with the greatest priority, and among equals the one that was
   * added first. Defaults to 0.
   */
  priority(priority: number): Expectation {
    assertNumber(priority, "priority(priority)");
    return this.#with({ priority });
  }

  /** Matches only in this state of the mocks, see {@link Expectation.thenState}. */
  whenState(state: string): Expectation {
    assertText(state, "whenState(state)");
    return this.#with({ when_state: state });
  }

  /** The state of the mocks after a call of this one. All mocks share one state, which is `""` at first. */
  thenState(state: string): Expectation {
    assertText(state, "thenState(state)");
    return this.#with({ then_state: state });
  }

  /** The mock, without its responses, as a mock file has it. */
  toJSON(): object {
    return this.#data;
  }

  #with(data: Partial<ExpectationData>): Expectation {
    return new Expectation({ ...this.#data, ...data });
  }

  #withRequest(request: RequestData): Expectation {
    return this.#with({ request: { ...this.#data.request, ...request } });
  }
}

/** Any request. */
export function any(): Expectation {
  return new Expectation({ request: {} });
}

/**
 * A request with this method and URL. A text is the exact URL: its query counts, unless it has none and
 * {@link Expectation.query} says what the query must have. A path (`/stock/7`) is one of the application itself.
 */
export function request(method: string, url: UrlLike): Expectation {
  assertText(method, "request(method, url)");
  return new Expectation({ request: { method, ...urlData(url) } });
}

/** A GET request of this URL, see {@link request}. */
export function get(url: UrlLike): Expectation {
  return request("GET", url);
}

/** A HEAD request of this URL, see {@link request}. */
export function head(url: UrlLike): Expectation {
  return request("HEAD", url);
}

/** A POST request of this URL, see {@link request}. */
export function post(url: UrlLike): Expectation {
  return request("POST", url);
}

/** A PUT request of this URL, see {@link request}. */
export function put(url: UrlLike): Expectation {
  return request("PUT", url);
}

/** A PATCH request of this URL, see {@link request}. */
export function patch(url: UrlLike): Expectation {
  return request("PATCH", url);
}

/** A DELETE request of this URL, see {@link request}. */
export function del(url: UrlLike): Expectation {
  return request("DELETE", url);
}

/** An OPTIONS request of this URL, see {@link request}. */
export function options(url: UrlLike): Expectation {
  return request("OPTIONS", url);
}
