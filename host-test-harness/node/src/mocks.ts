/** The mocks of an application. */

import { CallSite, type HarnessError } from "./error.js";
import { Expectation } from "./expectation.js";
import { MockResponse, type Responder, type Responses } from "./mock-response.js";
import { absolutePath, assertKnownKeys } from "./options.js";
import { type ReceivedMessage, ReceivedRequest } from "./received.js";
import { Session } from "./session.js";

/** How mocks begin. */
export interface MocksOptions {
  /**
   * What happens to a request to an upstream that no mock matches: `fail`, the default, is an error that names the
   * nearest mock and each field that differs; `network` sends it. A request to a component of the application that no
   * mock matches goes to the component.
   */
  unmatched?: "fail" | "network";
  /** The seed of {@link MockResponse.failsSometimes}. Defaults to 0. */
  seed?: number;
  /** The state that the mocks begin in, see {@link Expectation.whenState}. Defaults to `""`. */
  state?: string;
}

const OPTIONS = ["unmatched", "seed", "state"] as const satisfies readonly (keyof MocksOptions)[];

let created = 0;

/**
 * The mocks of an application: expectations, their responses, and the requests that arrived.
 *
 * They stand behind the application's permissions, so a call that Spin would deny is denied here too. A call to an
 * upstream that no mock matches fails.
 *
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { get, json, Mocks, UnmetMocksError } from "spin-harness";
 *
 * const mocks = new Mocks().expect(get("https://api.test/price").query("sku", "7"), json({ price: 3 }));
 * const error = await mocks.verify().catch((error) => error);
 * assert(error instanceof UnmetMocksError);
 * assert.equal(error.message, "a mock was not met: `GET https://api.test/price` was called 0 times, want at least 1");
 * ```
 */
export class Mocks {
  readonly #options: MocksOptions;
  #file: string | undefined;
  #bound: { session: Session; number: number } | undefined;
  /** What adds the expectations of the time before there was a session. */
  readonly #waiting: ((session: Session, mocks: number) => void)[] = [];
  /** The answers of the harness that are still to come. */
  readonly #unsettled = new Set<Promise<void>>();
  /** What the harness refused first. */
  #refusal: HarnessError | undefined;
  /** What a function of the test threw first. */
  #thrown: unknown;

  /** @throws TypeError if an option is unknown. */
  constructor(options: MocksOptions = {}) {
    assertKnownKeys(options, OPTIONS, "new Mocks(options)");
    this.#options = { ...options };
  }

  /**
   * The mocks of a file, in TOML or JSON, to which {@link Mocks.expect} may add others. A file that cannot be read or is
   * invalid is the error of the next call of {@link App.load} or of these mocks.
   */
  static fromFile(path: string | URL, options: MocksOptions = {}): Mocks {
    const mocks = new Mocks(options);
    mocks.#file = absolutePath(path, "Mocks.fromFile(path)");
    return mocks;
  }

  /**
   * Adds an expectation and what it is answered with: a response, a list of responses, of which the last one answers all
   * further calls, or a function.
   *
   * An expectation that the harness refuses, for example one whose URL is none, is the error of the next call of
   * {@link App.load}, of the application or of these mocks. Its stack is that of this call.
   *
   * @throws TypeError if the arguments are not made by the functions of this package.
   */
  expect(expectation: Expectation, responses: Responses): this {
    if (!(expectation instanceof Expectation)) {
      throw new TypeError(
        `expect(expectation, responses): ${String(expectation)} is not an expectation; make one with get(…), post(…), request(…) or any()`,
      );
    }
    const answer = answerOf(responses);
    const site = new CallSite();
    const add = (session: Session, mocks: number) => {
      const mock = { ...expectation.toJSON(), ...this.#messageOf(answer, session) };
      this.#settle(session.call("mocks/expect", { mocks, mock }), site);
    };
    if (this.#bound === undefined) this.#waiting.push(add);
    else add(this.#bound.session, this.#bound.number);
    return this;
  }

  /** The requests that arrived so far, in order. Those that went to the network or to a component are not among them. */
  async received(): Promise<ReceivedRequest[]> {
    const { received } = await this.#call<{ received: ReceivedMessage[] }>("mocks/received");
    return received.map((message) => new ReceivedRequest(message));
  }

  /** The state that the mocks are in, see {@link Expectation.thenState}. */
  async state(): Promise<string> {
    return (await this.#call<{ state: string }>("mocks/state")).state;
  }

  /**
   * Checks that each expectation was met, and that no request failed because no mock matched it.
   *
   * @throws UnmetMocksError that lists what was not as expected.
   */
  async verify(): Promise<void> {
    const { unmet } = await this.#call<{ unmet: string[] }>("mocks/verify");
    if (unmet.length === 0) return;
    throw new UnmetMocksError(unmet, this.#thrown === undefined ? {} : { cause: this.#thrown });
  }

  /**
   * Creates the mocks in the harness, unless they are there. Returns the session that has them, and their number.
   *
   * @internal
   */
  bind(): { session: Session; number: number } {
    if (this.#bound !== undefined) return this.#bound;
    created += 1;
    const number = created;
    const session = Session.shared();
    this.#bound = { session, number };
    const params = { mocks: number, file: this.#file, ...this.#options };
    this.#settle(session.call("mocks/create", params));
    for (const add of this.#waiting.splice(0)) add(session, number);
    return this.#bound;
  }

  /**
   * Waits until the harness has accepted all that was expected.
   *
   * @internal
   */
  async ready(): Promise<void> {
    while (this.#unsettled.size > 0) await Promise.all(this.#unsettled);
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  async #call<Result>(method: string): Promise<Result> {
    const { session, number } = this.bind();
    await this.ready();
    return await session.call<Result>(method, { mocks: number });
  }

  #messageOf(answer: Answer, session: Session): object {
    if (typeof answer !== "function") return answer;
    const callback = session.addCallback((params) => this.#respond(answer, params));
    return { response: { callback } };
  }

  async #respond(responder: Responder, params: unknown): Promise<object> {
    try {
      const { request } = params as { request: ReceivedMessage };
      const response: unknown = await responder(new ReceivedRequest(request));
      if (response instanceof MockResponse) return response.toJSON();
      throw new TypeError(
        `the function that answers a mock returned ${String(response)}; return a response such as json(…)`,
      );
    } catch (error) {
      this.#thrown ??= error;
      throw error;
    }
  }

  #settle(call: Promise<unknown>, site?: CallSite): void {
    const settled: Promise<void> = call
      .then(
        () => {},
        (error: HarnessError) => {
          this.#refusal ??= site === undefined ? error : site.apply(error);
        },
      )
      .then(() => {
        this.#unsettled.delete(settled);
      });
    this.#unsettled.add(settled);
  }
}

/** The keys of a mock that say what it answers, or the function that does. */
type Answer = { response: object } | { responses: object[] } | Responder;

function answerOf(responses: Responses): Answer {
  if (typeof responses === "function") return responses;
  if (responses instanceof MockResponse) return { response: responses.toJSON() };
  const list: readonly unknown[] = Array.isArray(responses) ? responses : [responses];
  const data = list.map((response) => {
    if (response instanceof MockResponse) return response.toJSON();
    throw new TypeError(
      `expect(expectation, responses): ${String(response)} is not a response; make one with json(…), text(…), status(…) or fault(…)`,
    );
  });
  return { responses: data };
}

/**
 * Expectations that were not met, and requests that no mock matched.
 *
 * The message has all reasons. If a function that answers a mock threw, `cause` is what it threw.
 */
export class UnmetMocksError extends Error {
  /** One sentence for each. */
  readonly reasons: readonly string[];

  /** The package creates these errors. The constructor is public for your tests. */
  constructor(reasons: readonly string[], options: ErrorOptions = {}) {
    const [first] = reasons;
    const isOne = reasons.length === 1 && first !== undefined;
    const list = reasons.map((reason) => `\n- ${reason}`).join("");
    super(isOne ? first : `${reasons.length} expectations of the mocks failed:${list}`, options);
    this.reasons = reasons;
  }

  static {
    UnmetMocksError.prototype.name = "UnmetMocksError";
  }
}
