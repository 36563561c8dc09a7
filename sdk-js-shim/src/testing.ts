/**
 * Unit tests of handlers in Node, without WebAssembly. A mock agent replaces the host.
 *
 * @module
 */

import { AssertionError } from "node:assert";
import { refusal, WIRE_ERRORS } from "./error.js";
import { Headers, headersFromWire, headersToWire } from "./headers.js";
import { runWithHost, VARIABLE_NAME } from "./host-native.js";
import { methodFromWire } from "./method.js";
import { assertKnownKeys, assertOneOf } from "./mock-keys.js";
import { type Call, differencesOf, EXPECTED_KEYS, type ExpectedCall } from "./mock-match.js";
import { type Permissions, type Refuse, readPermissions } from "./permissions.js";
import { REASONS } from "./reasons.js";
import { VariableError } from "./variable-error.js";
import type { WireRequest, WireResponse } from "./wire.js";
import "./index.js";

export type { Call, ExpectedCall } from "./mock-match.js";

/** The response of a mock, or an error of the host. */
export interface MockAnswer {
  /** From 200 to 999; 200 by default. */
  status?: number;
  headers?: ConstructorParameters<typeof globalThis.Headers>[0];
  /** Text (sent as UTF-8) or bytes; empty by default. */
  body?: string | Uint8Array;
  /** A value that is sent as JSON, with the content type `application/json`. */
  json?: unknown;
  /** An error instead of a response: a case of the WIT enum `http-error`, such as `runtime-error`. */
  error?: string;
}

const ANSWER_KEYS = [
  "status",
  "headers",
  "body",
  "json",
  "error",
] as const satisfies readonly (keyof MockAnswer)[];

/** What the host of a test has. */
export interface MockAgentOptions {
  /** The environment variables for the code under test; empty by default. */
  environment?: Record<string, string>;
  /** The variables for the code under test; empty by default. `variables.get` throws a value that is an error. */
  variables?: Record<string, string | VariableError>;
  /**
   * The path of a manifest, such as `spin.toml`, or of its folder. A call that the manifest does not permit is refused,
   * although it has a mock, with the sentence of the host. `{{ name }}` in the manifest's entries is the value of the
   * application's variable: that of {@link MockAgentOptions.variables}, or the default of the manifest.
   *
   * By default every call is permitted. Needs the package `outbound-policy`.
   */
  permissions?: string | URL;
  /** The id of the component in the manifest; needed if the manifest has several. */
  component?: string;
}

const OPTION_KEYS = [
  "environment",
  "variables",
  "permissions",
  "component",
] as const satisfies readonly (keyof MockAgentOptions)[];

interface Mock {
  expected: ExpectedCall;
  answer: MockAnswer | ((call: Call) => MockAnswer);
  uses: number;
  times: number;
}

/**
 * Responds to the requests of the code under test, and fails the test if a request is unexpected.
 *
 * Nothing is sent over the network. {@link MockAgent.run} rejects if no mock matches a request, or
 * if a mock was not used, even if the code under test handles the error of its `fetch`.
 *
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { createHandler } from "spin-fetch/handler";
 * import { MockAgent } from "spin-fetch/testing";
 *
 * const app = {
 *   async fetch(request, environment) {
 *     const response = await fetch(`${environment.UPSTREAM}/stock`);
 *     return Response.json({ inStock: (await response.json()).count > 0 });
 *   },
 * };
 *
 * const agent = new MockAgent({ environment: { UPSTREAM: "https://api.test" } });
 * agent.on({ url: "https://api.test/stock" }, { json: { count: 3 } });
 * await agent.run(async () => {
 *   const response = await createHandler({ default: app })(new Request("http://app.test/"));
 *   assert.deepEqual(await response.json(), { inStock: true });
 * });
 * ```
 */
export class MockAgent {
  /** All requests, in order. */
  readonly calls: Call[] = [];
  readonly #mocks: Mock[] = [];
  /** What went wrong in a call: it has no mock, or its mock has an invalid answer. */
  readonly #failures: string[] = [];
  readonly #environment: Readonly<Record<string, string>>;
  readonly #variables: Readonly<Record<string, string | VariableError>>;
  readonly #permissions: Permissions | undefined;
  /** The calls that the permissions do not cover, each with the sentence of the host. */
  readonly #refused: string[] = [];
  /** Read by the first {@link MockAgent.run}. */
  #refuse: Promise<Refuse> | undefined;

  /**
   * @throws TypeError if `options` has another key, a variable that a host could not have, or `component` without
   * `permissions`.
   */
  constructor(options: MockAgentOptions = {}) {
    assertKnownKeys(options, OPTION_KEYS, "the options of MockAgent");
    this.#environment = { ...options.environment };
    this.#variables = { ...options.variables };
    assertVariables(this.#variables);
    this.#permissions = permissionsOf(options);
  }

  /**
   * Adds a mock that responds `expected.times` times to a request that matches `expected`.
   *
   * If several mocks match, the first that has uses left responds.
   *
   * @throws TypeError if `expected` or `answer` has an unknown key, or `answer` is contradictory. An answer
   * that a function returns is checked when it is used, and then makes {@link MockAgent.run} reject.
   */
  on(expected: ExpectedCall, answer: MockAnswer | ((call: Call) => MockAnswer)): this {
    assertKnownKeys(expected, EXPECTED_KEYS, "the expected call");
    if (typeof answer !== "function") assertAnswer(answer);
    this.#mocks.push({ expected, answer, uses: 0, times: expected.times ?? 1 });
    return this;
  }

  /**
   * Calls `callback` and returns its result. `fetch` uses this agent while `callback` runs.
   *
   * Concurrent tests can each use their own agent.
   *
   * @throws AssertionError that lists the requests without a mock, each with the nearest mock and
   * the differences, or else the mocks that were not used often enough, and the calls that were refused. Its cause
   * is the error that `callback` threw. Any other error if the permissions cannot be read.
   */
  async run<Result>(callback: () => Result | Promise<Result>): Promise<Result> {
    const refuse = this.#permissions && (await this.#readPermissions(this.#permissions));
    const host = {
      sendRequest: (request: WireRequest) => this.#send(request, refuse),
      environment: this.#environment,
      variables: this.#variables,
    };
    let result: Result | undefined;
    let thrown: unknown;
    try {
      result = await runWithHost(host, async () => callback());
    } catch (error) {
      thrown = error;
    }
    this.#assertNothingIsLeft(thrown);
    if (thrown !== undefined) throw thrown;
    return result as Result;
  }

  #assertNothingIsLeft(cause: unknown): void {
    const unused = this.#mocks
      .filter(({ uses, times }) => uses < (times === Number.POSITIVE_INFINITY ? 1 : times))
      .map((mock) => `the mock ${describe(mock)} was used ${mock.uses} of ${mock.times} times`);
    // The code under test may expect that a call is refused. If its mock waits, it does not.
    if (unused.length > 0) unused.push(...this.#refused);
    // A failed call explains an unused mock, so report the calls only.
    const problems = this.#failures.length > 0 ? this.#failures : cause === undefined ? unused : [];
    if (problems.length === 0) return;
    throw Object.assign(new AssertionError({ message: problems.join("\n") }), { cause });
  }

  #readPermissions(permissions: Permissions): Promise<Refuse> {
    this.#refuse ??= readPermissions(permissions);
    return this.#refuse;
  }

  #send(request: WireRequest, refuse: Refuse | undefined): WireResponse {
    const call: Call = {
      method: methodFromWire(request.method),
      url: request.uri,
      headers: headersFromWire(request.headers) as unknown as globalThis.Headers,
      body: request.body ?? null,
    };
    this.calls.push(call);
    const refused = refuse?.(call.url);
    if (refused) {
      this.#refused.push(`${call.method} ${call.url}: ${refused.message}`);
      throw refused;
    }
    const matching = this.#mocks.filter(
      ({ expected }) => differencesOf(expected, call).length === 0,
    );
    const mock = matching.find(({ uses, times }) => uses < times);
    if (!mock) {
      const error = this.#explain(call, matching);
      this.#failures.push(error.message);
      throw error;
    }
    mock.uses += 1;
    if (typeof mock.answer !== "function") return toWire(mock.answer);
    const answer = mock.answer(call);
    try {
      assertAnswer(answer);
    } catch (error) {
      this.#failures.push((error as Error).message);
      throw error;
    }
    return toWire(answer);
  }

  #explain(call: Call, matching: Mock[]): TypeError {
    const { method, url } = call;
    const [usedUp] = matching;
    if (usedUp) {
      const values = { method, url, mock: describe(usedUp), uses: usedUp.uses };
      return refusal(REASONS.mockUsedUp, values);
    }
    const candidates = this.#mocks.map((mock) => ({
      mock,
      found: differencesOf(mock.expected, call),
    }));
    // A mock with the same URL is nearer than any other.
    const distance = (found: string[]) => found.length + (found.some(isOfUrl) ? 100 : 0);
    candidates.sort((a, b) => distance(a.found) - distance(b.found));
    const [nearest] = candidates;
    if (!nearest) return refusal(REASONS.noMock, { method, url });
    const differences = nearest.found.map((difference) => `  ${difference}`).join("\n");
    const mock = describe(nearest.mock);
    return refusal(REASONS.nearestMockDiffers, { method, url, mock, differences });
  }
}

function isOfUrl(difference: string): boolean {
  return difference.startsWith("url: ");
}

function describe({ expected }: Mock): string {
  return `${expected.method ?? "GET"} ${String(expected.url)}`;
}

/** @throws TypeError if a part of the answer would be ignored. */
function assertAnswer(answer: MockAnswer): void {
  const what = "the answer of the mock";
  assertKnownKeys(answer, ANSWER_KEYS, what);
  assertOneOf(answer, ["body", "json"], what);
  for (const key of ANSWER_KEYS) if (key !== "error") assertOneOf(answer, ["error", key], what);
  if (answer.error !== undefined && !Object.hasOwn(WIRE_ERRORS, answer.error)) {
    const cases = Object.keys(WIRE_ERRORS).join(", ");
    throw new TypeError(
      `the mock's error ${answer.error} is not a case of http-error; use ${cases}`,
    );
  }
}

/** @throws TypeError if a name or value would not exist in a host. */
function assertVariables(variables: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (!VARIABLE_NAME.test(name)) {
      throw new TypeError(
        `the variable ${JSON.stringify(name)} of MockAgent has an invalid name; use words of lower-case letters and digits, separated by \`_\``,
      );
    }
    if (typeof value === "string" || value instanceof VariableError) continue;
    throw new TypeError(
      `the variable \`${name}\` of MockAgent is ${String(value)}; pass a string or a VariableError`,
    );
  }
}

/** @throws TypeError if the permissions are not those of a manifest. */
function permissionsOf(options: MockAgentOptions): Permissions | undefined {
  const { permissions, component, variables = {} } = options;
  if (permissions === undefined) {
    if (component === undefined) return undefined;
    throw new TypeError("MockAgent has `component` without `permissions`; pass the manifest, too");
  }
  if (typeof permissions !== "string" && !(permissions instanceof URL)) {
    throw new TypeError(
      `the \`permissions\` of MockAgent are ${String(permissions)}; pass the path of a manifest, such as "spin.toml"`,
    );
  }
  if (component !== undefined && typeof component !== "string") {
    throw new TypeError(`the \`component\` of MockAgent is ${String(component)}; pass its id`);
  }
  const values = Object.entries(variables).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return { manifest: permissions, component, variables: Object.fromEntries(values) };
}

function toWire(answer: MockAnswer): WireResponse {
  if (answer.error !== undefined) throw { payload: answer.error };
  const headers = new Headers(answer.headers);
  if (answer.json !== undefined && !headers.has("content-type")) {
    headers.set("content-type", "application/json");
  }
  const body = answer.json === undefined ? (answer.body ?? "") : JSON.stringify(answer.json);
  return {
    status: answer.status ?? 200,
    headers: headersToWire(headers),
    body: typeof body === "string" ? new TextEncoder().encode(body) : body.slice(),
  };
}
