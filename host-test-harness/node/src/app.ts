/** Applications under test. */

import { setMaxListeners } from "node:events";
import { CallSite, HarnessError } from "./error.js";
import { type AppResponse, Exchange } from "./exchange.js";
import { Mocks } from "./mocks.js";
import { camelKeys, snakeKeys } from "./names.js";
import { absolutePath, assertKnownKeys } from "./options.js";
import { outgoingRequest, type RequestLike } from "./request.js";
import { wholeResponse } from "./response.js";
import { Session } from "./session.js";
import type { ResponseMessage } from "./wire.js";

/**
 * The limits of an application. One that is left out has the harness's default; the README of the harness lists them.
 * Exceeding a limit is an error, never a truncation.
 */
export interface Limits {
  /** Wall time of one invocation, in milliseconds. While a component streams its response, it starts anew with each piece. */
  wallTimeMs?: number;
  /** Memory of one instance, in bytes. */
  memoryBytes?: number;
  /** Size of a request body, in bytes. */
  requestBodyBytes?: number;
  /** Size of a response body, in bytes. */
  responseBodyBytes?: number;
  /** Length of all names and values of a header section, in bytes. */
  headerSectionBytes?: number;
  /** Number of header fields. */
  headerFields?: number;
  /** Time for name resolution, connection and TLS handshake, in milliseconds. */
  connectTimeoutMs?: number;
  /** Time for an outbound call, in milliseconds. */
  responseTimeoutMs?: number;
  /** Number of redirects that are followed. */
  redirects?: number;
  /** Nesting depth of in-process calls. */
  selfCallDepth?: number;
  /** Number of outbound calls of one invocation; `null`, the default, for no limit. */
  outboundCalls?: number | null;
  /** Number of open connections to one origin. */
  connectionsPerUpstream?: number;
  /** Number of live instances. */
  instances?: number;
}

const LIMITS = [
  "wallTimeMs",
  "memoryBytes",
  "requestBodyBytes",
  "responseBodyBytes",
  "headerSectionBytes",
  "headerFields",
  "connectTimeoutMs",
  "responseTimeoutMs",
  "redirects",
  "selfCallDepth",
  "outboundCalls",
  "connectionsPerUpstream",
  "instances",
] as const satisfies readonly (keyof Limits)[];

/** A recording of outbound calls. */
export interface RecordOptions {
  /** The HAR file. */
  file: string | URL;
  /** When to record; `all` by default. The README of the harness explains the modes. */
  mode?: "all" | "once" | "new-episodes" | "none";
}

/** How an application is loaded. Either `manifest` or `component` is needed. */
export interface AppOptions {
  /** A Spin manifest, or its folder. */
  manifest?: string | URL;
  /** A WebAssembly component. Its id is the file's name, without the extension. */
  component?: string | URL;
  /** The ids of the components to load. Defaults to all. */
  only?: readonly string[];
  /** Files of components by id, instead of the manifest's `source`. */
  componentFiles?: Readonly<Record<string, string | URL>>;
  /** Whether the build commands of the manifest run first. Defaults to `false`. */
  build?: boolean;
  /** The permissions of every component, instead of the manifest's. A component without a manifest has none. */
  allowedOutboundHosts?: readonly string[];
  /** Values of variables, above those of `SPIN_VARIABLE_…` and the manifest. */
  variables?: Readonly<Record<string, string>>;
  /** Environment variables of every component, above those of the manifest. */
  environment?: Readonly<Record<string, string>>;
  /** The limits. */
  limits?: Limits;
  /** What answers the outbound calls. Defaults to the network. */
  mocks?: Mocks;
  /** Records the outbound calls: a HAR file, or one with a mode. The file is written by {@link App.close}. */
  record?: string | URL | RecordOptions;
  /** A HAR file that answers the outbound calls. */
  replay?: string | URL;
  /**
   * Whether waiting takes no time: the clock of the application jumps to the end of whatever everything waits for, so
   * that a timeout of 30 seconds takes milliseconds. A call to the network fails, and bodies do not stream. Defaults to
   * `false`.
   */
  virtualTime?: boolean;
}

const OPTIONS = [
  "manifest",
  "component",
  "only",
  "componentFiles",
  "build",
  "allowedOutboundHosts",
  "variables",
  "environment",
  "limits",
  "mocks",
  "record",
  "replay",
  "virtualTime",
] as const satisfies readonly (keyof AppOptions)[];

/** What an application did so far. */
export interface Report {
  /** The end of what the components wrote to stdout, at most 64 KiB. */
  stdout: string;
  /** The end of what the components wrote to stderr, at most 64 KiB. */
  stderr: string;
  /** The last outbound calls, in the order in which they ended. */
  calls: OutboundCall[];
}

/** An outbound call of a component. Each redirect hop is a call of its own. */
export interface OutboundCall {
  /** The number of the call, which no other call of the process has. */
  id: number;
  /** The number that all calls have that one request to the application led to. */
  chain: number;
  /** The component's id. */
  component: string;
  /** When the component called, in milliseconds since 1970-01-01 UTC. */
  startedMs: number;
  method: string;
  /** The URL as it was sent, or `http://self/…` for a request to the application itself. */
  url: string;
  /** The entry of `allowed_outbound_hosts` that permitted it; `null` if none did. */
  rule: string | null;
  /** 0 for the component's own request, 1 for the first redirect, and so on. */
  hop: number;
  /** Where the response came from; `null` without a response. */
  via:
    | { kind: "network"; address: string | null }
    | { kind: "in-process"; component: string | null }
    | { kind: "mock"; name: string }
    | null;
  /** Size of the request body, in bytes. */
  requestBodyBytes: number;
  /**
   * How it ended: with a response, whose body the component may not have read to its end; without one; or not at all,
   * since the component ended the call, or since its invocation ended. `errorCode` is what the component got, and `cause`
   * the reason.
   */
  outcome:
    | { kind: "response"; status: number; bodyBytes: number }
    | { kind: "failed"; errorCode: string; cause: string; details: string | null }
    | { kind: "cancelled" }
    | { kind: "abandoned" };
  /** The time until the last byte of the response, in microseconds. */
  durationUs: number;
}

/** What an application answered when its upstreams failed. */
export interface Sweep {
  /** The response without a fault. */
  response: Response;
  /** One for each call and each fault. */
  runs: SweepRun[];
}

/** A request with one fault. */
export interface SweepRun {
  /** The call that failed: the `number`-th of this component with this method and URL, from 1 on. */
  call: { component: string; method: string; url: string; number: number };
  /** The fault, such as `refused`. */
  fault: string;
  /** The kind of answer, such as `server-error`, `trap` or `unchanged`. */
  answer: string;
  /** The status of the response; `null` without one. */
  status: number | null;
  /** Why there is no response; `null` if there is one. */
  message: string | null;
  /** Whether the application trapped, hung, sent nothing valid, or did not notice that the call failed. */
  isProblem: boolean;
}

/**
 * A Spin application, or one component, in the harness: its real WebAssembly, with its permissions.
 *
 * All applications of a process share one process of the harness, and each request gets a fresh instance. The first load
 * of a component compiles it; its code is kept for the next run.
 *
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { App, get, json, Mocks } from "spin-harness";
 *
 * const mocks = new Mocks().expect(get("https://api.test/price").query("sku", "7"), json({ price: 3 }));
 * const app = await App.load({ manifest: "spin.toml", mocks });
 * const response = await app.fetch("/buy/7");
 * assert.deepEqual(await response.json(), { sku: "7", price: 3 });
 * await mocks.verify();
 * await app.close();
 * ```
 */
export class App {
  /** The ids of the components. */
  readonly components: readonly string[];
  readonly #session: Session;
  readonly #number: number;
  readonly #mocks: Mocks | undefined;
  readonly #isWhole: boolean;
  /** Aborts when the application is closed. */
  readonly #closed = new AbortController();
  #closing: Promise<void> | undefined;

  private constructor(
    session: Session,
    loaded: { app: number; components: string[] },
    options: AppOptions,
  ) {
    this.#session = session;
    this.#number = loaded.app;
    this.components = loaded.components;
    this.#mocks = options.mocks;
    this.#isWhole = options.virtualTime ?? false;
    // Every request that runs listens to it.
    setMaxListeners(0, this.#closed.signal);
  }

  /**
   * Loads an application.
   *
   * @throws TypeError if an option is unknown, or if a limit is not a whole number. {@link HarnessError} if the application cannot be loaded, or if its mocks
   * are invalid.
   */
  static async load(options: AppOptions): Promise<App> {
    assertKnownKeys(options, OPTIONS, "App.load(options)");
    const { mocks } = options;
    if (mocks !== undefined && !(mocks instanceof Mocks)) {
      throw new TypeError("App.load(options): `mocks` is not an object of the class Mocks");
    }
    const bound = mocks?.bind();
    const session = bound?.session ?? Session.shared();
    const params = { ...paramsOf(options), mocks: bound?.number };
    // Both run at the same time. If both fail, the mocks are what the test has to mend first.
    const load = session.call<{ app: number; components: string[] }>("load", params);
    const [loaded, ready] = await Promise.allSettled([load, mocks?.ready()]);
    if (ready.status === "rejected") throw ready.reason;
    if (loaded.status === "rejected") throw loaded.reason;
    return new App(session, loaded.value, options);
  }

  /**
   * Sends a request to the application, in memory, and returns its response, as the standard `fetch` does.
   *
   * `input` is a path, such as `/buy/7`, an absolute URL, or a `Request`. A body that is a stream, and that of a
   * `Request`, is sent as it is read; `signal` cancels the request. A redirect is a response like any other. The function
   * needs no `this`, so it can be passed to a client library as its `fetch`.
   *
   * @throws HarnessError if the application fails, for example by a trap. TypeError if the request is invalid. The reason
   * of the signal.
   */
  readonly fetch = async (input: RequestLike, init?: RequestInit): Promise<AppResponse> => {
    const site = new CallSite();
    this.#assertOpen(site);
    const request = await outgoingRequest(input, init, this.#isWhole);
    request.signal?.throwIfAborted();
    await this.#mocks?.ready();
    this.#assertOpen(site);
    request.signal?.throwIfAborted();
    const target = {
      session: this.#session,
      app: this.#number,
      closed: this.#closed.signal,
      isWhole: this.#isWhole,
    };
    return await new Exchange(target, request, site).response();
  };

  /**
   * Sends the request once without a fault, to find the calls that it makes to upstreams, and then once for each call and
   * each fault: a failure of the network, a response that never comes or that is an error, a header section over the
   * limit, a body that breaks off, stalls or is empty. Some faults end by a time limit: use `virtualTime`.
   *
   * The arguments are those of {@link App.fetch}.
   *
   * @throws HarnessError if the request without a fault fails.
   */
  async sweep(input: RequestLike, init?: RequestInit): Promise<Sweep> {
    this.#assertOpen(new CallSite());
    const { message, signal } = await outgoingRequest(input, init, true);
    await this.#mocks?.ready();
    signal?.throwIfAborted();
    const params = { app: this.#number, request: message };
    const signals = signal === null ? [this.#closed.signal] : [this.#closed.signal, signal];
    const swept = this.#session.callUntil<SweepMessage>("sweep", params, signals);
    const { response, runs } = await swept;
    return { response: wholeResponse(response, message.method), runs: camelKeys(runs) };
  }

  /**
   * Serves the application over TCP too, HTTP/1.1 and HTTP/2 without TLS, for a client that needs a socket. Returns the base
   * URL, such as `http://127.0.0.1:41763`, which is the same for each call. The server ends with the application. A component
   * may still run when its response has been read.
   *
   * @throws HarnessError of the kind `invalid-option` with `virtualTime`, which does not wait for clients.
   */
  async listen(): Promise<string> {
    this.#assertOpen(new CallSite());
    const { url } = await this.#session.call<{ url: string }>("listen", { app: this.#number });
    return url;
  }

  /** What the components wrote, and the outbound calls that they made. */
  async report(): Promise<Report> {
    this.#assertOpen(new CallSite());
    return camelKeys(await this.#session.call<Report>("report", { app: this.#number }));
  }

  /** Ends the application: requests that run are cancelled, its server stops, and its recording is written. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const site = new CallSite();
    this.#closed.abort(site.apply(closedError()));
    await this.#session.call("close", { app: this.#number });
  }

  #assertOpen(site: CallSite): void {
    if (this.#closing !== undefined) throw site.apply(closedError());
  }
}

/** The result of the method `sweep`. */
interface SweepMessage {
  response: ResponseMessage;
  runs: SweepRun[];
}

function closedError(): HarnessError {
  const message = "the application was closed; load it again, or close it after the last request";
  return new HarnessError("app-closed", message);
}

/** The parameters of the method `load`, without the mocks. */
function paramsOf(options: AppOptions): object {
  const { manifest, component, componentFiles, limits, record, replay } = options;
  const path = (value: string | URL | undefined, name: string) =>
    value === undefined ? undefined : absolutePath(value, `App.load(options): ${name}`);
  const files = Object.entries(componentFiles ?? {});
  return {
    manifest: path(manifest, "manifest"),
    component: path(component, "component"),
    only: options.only,
    component_files: Object.fromEntries(
      files.map(([id, file]) => [id, path(file, `componentFiles[${JSON.stringify(id)}]`)]),
    ),
    build: options.build,
    allowed_outbound_hosts: options.allowedOutboundHosts,
    variables: options.variables,
    environment: options.environment,
    limits: limits === undefined ? undefined : limitsParam(limits),
    record: record === undefined ? undefined : recordParam(record),
    replay: path(replay, "replay"),
    virtual_time: options.virtualTime,
  };
}

/** The limits, with the names of the protocol. */
function limitsParam(limits: Limits): object {
  assertKnownKeys(limits, LIMITS, "App.load(options): limits");
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined || (name === "outboundCalls" && value === null)) continue;
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new TypeError(
      `App.load(options): limits.${name}: ${String(value)} is not a whole number from 0 on`,
    );
  }
  return snakeKeys(limits);
}

function recordParam(record: string | URL | RecordOptions): object {
  if (typeof record === "string" || record instanceof URL) {
    return { file: absolutePath(record, "App.load(options): record") };
  }
  assertKnownKeys(record, ["file", "mode"], "App.load(options): record");
  return { ...record, file: absolutePath(record.file, "App.load(options): record.file") };
}
