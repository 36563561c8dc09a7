/** The process of the harness, and the control protocol with it: JSON-RPC, one message per line. */

import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { findCommand } from "./command.js";
import { deferred } from "./deferred.js";
import { CallSite, HarnessError, type HarnessErrorKind } from "./error.js";

const PROTOCOL_VERSION = 1;
/** What the harness accepts as the length of one message. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
/** How long the command may take to start: it compiles nothing before it answers. */
const START_LIMIT_MS = 60_000;
/** How long the output of a command that has ended may take to arrive. A process that it started may hold it open. */
const END_LIMIT_MS = 1000;
/** How much of the command's stderr is kept, in characters. */
const STDERR_TAIL = 64 * 1024;
/** How many of its lines an error shows. */
const STDERR_LINES = 20;

/** A function of the client that the harness calls. */
type Callback = (params: unknown) => Promise<unknown>;

/** A request of the client that runs. */
export interface Call<Result> {
  id: number;
  result: Promise<Result>;
}

interface Pending {
  site: CallSite;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Why a session has ended. */
interface Failure {
  kind: HarnessErrorKind;
  message: string;
  cause: unknown;
}

/** A message of the harness. */
interface Incoming {
  id?: unknown;
  method?: unknown;
  params?: unknown;
  result?: unknown;
  error?: unknown;
}

interface RpcError {
  code?: unknown;
  message?: unknown;
  data?: { kind?: unknown; guest_stderr?: unknown; backtrace?: unknown } | null;
}

/** A process of the harness. It ends with this process, since its stdin closes then. */
export class Session {
  static #shared: Session | undefined;

  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  /** The requests that the client gave up, whose answers are still to come. */
  readonly #abandoned = new Set<number>();
  readonly #callbacks = new Map<number, Callback>();
  readonly #stdout: Buffer[] = [];
  #stderr = "";
  #lastId = 0;
  #isInitialized = false;
  readonly #path: string;
  #failure: Failure | undefined;

  /** The process that all applications of this process share. One that has ended is replaced. */
  static shared(): Session {
    if (Session.#shared === undefined || Session.#shared.#failure !== undefined) {
      Session.#shared = new Session();
    }
    return Session.#shared;
  }

  /** Starts the command. If that fails, each request fails. */
  constructor(startLimitMs = START_LIMIT_MS) {
    const command = findCommand();
    this.#path = command.path;
    this.#child = spawn(command.path, ["serve-stdio"], { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.on("error", (error) => {
      this.#fail("harness-not-found", command.failure(error.message), error);
    });
    this.#child.on("exit", (code, signal) => this.#exited(code, signal));
    // What went wrong is known when the process has exited.
    this.#child.stdin?.on("error", () => {});
    this.#child.stdout?.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#child.stdout?.on("end", () => this.#stdoutEnded());
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL);
    });
    for (const stream of [this.#child.stdin, this.#child.stderr]) unref(stream);
    this.#keepAlive(false);
    this.#initialize(startLimitMs);
  }

  /** Sends a request. The result rejects with a {@link HarnessError}. */
  call<Result>(method: string, params: object): Promise<Result> {
    return this.start<Result>(method, params).result;
  }

  /** As {@link Session.call}, for a request that may be cancelled. */
  start<Result>(method: string, params: object): Call<Result> {
    const { promise, resolve, reject } = deferred<unknown>();
    const id = this.#request(method, params, { site: new CallSite(), resolve, reject });
    return { id, result: promise as Promise<Result> };
  }

  /** As {@link Session.call}, until one of the signals aborts. */
  async callUntil<Result>(
    method: string,
    params: object,
    signals: readonly AbortSignal[],
  ): Promise<Result> {
    const { id, result } = this.start<Result>(method, params);
    const aborted = deferred<never>();
    const onAbort = (event: Event) => {
      this.cancel(id);
      aborted.reject((event.target as AbortSignal).reason);
    };
    for (const signal of signals) signal.addEventListener("abort", onAbort);
    try {
      return await Promise.race([result, aborted.promise]);
    } finally {
      for (const signal of signals) signal.removeEventListener("abort", onAbort);
    }
  }

  /** Asks the harness to give a request up, with all that belongs to it. Its result, if it is pending, stays so. */
  cancel(id: number): void {
    if (this.#failure !== undefined) return;
    if (this.#take(id) !== undefined) this.#abandoned.add(id);
    this.#send({ method: "$/cancelRequest", params: { id } });
  }

  /** Stores a function that the harness may call. Returns its number. */
  addCallback(callback: Callback): number {
    const number = this.#callbacks.size + 1;
    this.#callbacks.set(number, callback);
    return number;
  }

  #initialize(limitMs: number): void {
    const path = this.#path;
    const update =
      "install the package spin-harness and the command spin-harness of the same version";
    const timer = setTimeout(() => {
      const message = `\`${path}\` did not answer within ${limitMs / 1000} s; is it the command spin-harness? If not, set SPIN_HARNESS to the path of that`;
      this.#fail("incompatible-harness", message);
    }, limitMs);
    // The functions are called before the answer to any other request is read.
    const resolve = (result: unknown) => {
      clearTimeout(timer);
      this.#isInitialized = true;
      const { protocol_version: version, harness_version: harness } = Object(result);
      if (version === PROTOCOL_VERSION) return;
      const message = `\`${path}\` has version ${version} (spin-harness ${harness}) of the control protocol, and this package has version ${PROTOCOL_VERSION}; ${update}`;
      this.#fail("incompatible-harness", message);
    };
    const reject = (error: Error) => {
      clearTimeout(timer);
      const message = `\`${path}\` refused this package: ${error.message}; ${update}`;
      this.#fail("incompatible-harness", message, error);
    };
    const params = { protocol_version: PROTOCOL_VERSION, client: "spin-harness for Node" };
    this.#request("initialize", params, { site: new CallSite(), resolve, reject });
  }

  /** Sends a request. Returns its id. */
  #request(method: string, params: object, pending: Pending): number {
    this.#lastId += 1;
    const id = this.#lastId;
    const { site, reject } = pending;
    if (this.#failure !== undefined) {
      reject(site.apply(errorOf(this.#failure)));
      return id;
    }
    this.#pending.set(id, pending);
    this.#keepAlive(true);
    try {
      this.#send({ id, method, params });
    } catch (error) {
      this.#take(id);
      reject(site.apply(error as Error));
    }
    return id;
  }

  #send(message: object): void {
    const line = `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;
    // A character takes up to three bytes of UTF-8, so a short line needs no count.
    if (line.length * 3 > MAX_MESSAGE_BYTES) {
      const nBytes = Buffer.byteLength(line);
      if (nBytes > MAX_MESSAGE_BYTES) {
        throw new HarnessError(
          "message-too-long",
          `a message of ${nBytes} bytes is too long for the harness, whose limit is ${MAX_MESSAGE_BYTES} bytes; send a large body as a stream`,
        );
      }
    }
    this.#child.stdin?.write(line);
  }

  #read(chunk: Buffer): void {
    let rest = chunk;
    for (;;) {
      const end = rest.indexOf("\n");
      if (end === -1) break;
      this.#stdout.push(rest.subarray(0, end));
      const line = Buffer.concat(this.#stdout).toString("utf8");
      this.#stdout.length = 0;
      rest = rest.subarray(end + 1);
      if (this.#failure !== undefined) return;
      this.#receive(line);
    }
    if (rest.length > 0) this.#stdout.push(rest);
  }

  #receive(line: string): void {
    let message: Incoming;
    try {
      message = JSON.parse(line) as Incoming;
      if (typeof message !== "object" || message === null) throw new Error("it is not an object");
    } catch (cause) {
      this.#unexpected(`a line that is not a message of its protocol: ${shortened(line)}`, cause);
      return;
    }
    if (typeof message.method === "string") this.#called(message.method, message);
    else this.#answered(message, line);
  }

  /** The harness calls the client. */
  #called(method: string, { id, params }: Incoming): void {
    if (!this.#isInitialized) {
      this.#unexpected(`\`${shortened(method)}\` before it answered \`initialize\``);
      return;
    }
    // A notification that this version does not know needs no answer.
    if (id === undefined) return;
    const answer = (message: object) => {
      if (this.#failure === undefined) this.#send({ id, ...message });
    };
    const number = (params as { callback?: unknown } | undefined)?.callback;
    const callback = typeof number === "number" ? this.#callbacks.get(number) : undefined;
    if (method !== "respond" || callback === undefined) {
      answer({ error: { code: -32601, message: `the client has no ${method} ${String(number)}` } });
      return;
    }
    const failed = (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      answer({ error: { code: -32000, message } });
    };
    callback(params)
      .then((result) => answer({ result }))
      .catch(failed);
  }

  #answered(message: Incoming, line: string): void {
    const { id, result, error } = message;
    if ((id === null || id === undefined) && error !== undefined) {
      this.#unexpected(`the error: ${shortened(String((error as RpcError).message))}`);
      return;
    }
    if (this.#abandoned.delete(id as number)) return;
    const pending = this.#take(id as number);
    if (pending === undefined) {
      this.#unexpected(`an answer to no request: ${shortened(line)}`);
      return;
    }
    if (error !== undefined) pending.reject(pending.site.apply(errorFrom(error as RpcError)));
    else pending.resolve(result);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#keepAlive(false);
    return pending;
  }

  /** Whether this process waits for the harness: only while a request runs. */
  #keepAlive(waits: boolean): void {
    if (waits) this.#child.ref();
    else this.#child.unref();
    if (waits) (this.#child.stdout as Socket | null)?.ref();
    else unref(this.#child.stdout);
  }

  #unexpected(what: string, cause?: unknown): void {
    this.#fail("harness-ended", `spin-harness sent ${what}${this.#stderrLines()}`, cause);
  }

  #stdoutEnded(): void {
    const timer = setTimeout(() => {
      this.#fail("harness-ended", `spin-harness closed its stdout${this.#stderrLines()}`);
    }, END_LIMIT_MS);
    this.#child.once("exit", () => clearTimeout(timer));
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    const how = signal === null ? `with exit code ${code}` : `by the signal ${signal}`;
    const fail = () => {
      clearTimeout(timer);
      this.#fail("harness-ended", `spin-harness ended ${how}${this.#stderrLines()}`);
    };
    const timer = setTimeout(fail, END_LIMIT_MS);
    this.#child.once("close", fail);
  }

  #stderrLines(): string {
    const lines = this.#stderr.trimEnd().split("\n").slice(-STDERR_LINES);
    const text = lines.join("\n");
    return text === "" ? "; it wrote nothing to stderr" : `; the end of its stderr:\n${text}`;
  }

  /** Ends the session: all requests fail with this reason, those of later too. */
  #fail(kind: HarnessErrorKind, message: string, cause?: unknown): void {
    if (this.#failure !== undefined) return;
    const isAtStart = kind === "harness-ended" && !this.#isInitialized;
    const prefix = isAtStart
      ? `\`${this.#path}\` did not start as the command spin-harness does; if it is another command, set SPIN_HARNESS to the path of that: `
      : "";
    const failure = { kind, message: prefix + message, cause };
    this.#failure = failure;
    this.#child.kill("SIGKILL");
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) {
      stream?.destroy();
    }
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#keepAlive(false);
    for (const { site, reject } of pending) reject(site.apply(errorOf(failure)));
  }
}

function errorOf({ kind, message, cause }: Failure): HarnessError {
  return new HarnessError(kind, message, cause === undefined ? {} : { cause });
}

function unref(stream: unknown): void {
  // The streams of a child process are sockets, or `null` if it did not start.
  (stream as Socket | null)?.unref();
}

function shortened(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

function errorFrom({ code, message, data }: RpcError): HarnessError {
  const text = typeof message === "string" ? message : JSON.stringify(message);
  const kind = typeof data?.kind === "string" ? data.kind : undefined;
  return new HarnessError(kind ?? (code === -32000 ? "harness-ended" : "invalid-params"), text, {
    guestStderr: typeof data?.guest_stderr === "string" ? data.guest_stderr : undefined,
    backtrace: typeof data?.backtrace === "string" ? data.backtrace : undefined,
  });
}
