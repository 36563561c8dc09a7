/** The errors of the package. */

/**
 * The kinds of {@link HarnessError}. A later version may have more.
 *
 * The harness itself has these:
 *
 * - `invalid-option`, `invalid-manifest`, `invalid-component`, `invalid-module`, `invalid-mock`, `invalid-recording`,
 *   `invalid-request`: what the test passed, or a file that it names, is not valid. The message names the value.
 * - `io`: a file cannot be read.
 * - `build`: a build command of the manifest failed.
 * - `engine`: the WebAssembly engine does not start.
 * - `trap`, `exited`: a component trapped, or exited while a response was due.
 * - `wall-time-reached`, `limit-reached`: a component exceeded a limit.
 * - `body-aborted`: a body broke off.
 * - `invalid-response`, `error-code`: a component sent no valid response, or an error instead of one.
 *
 * And the package has these:
 *
 * - `harness-not-found`: the command `spin-harness` cannot be started.
 * - `harness-ended`: the command ended, or sent something that is not of its protocol.
 * - `incompatible-harness`: the command has another version of the protocol.
 * - `invalid-params`: the command refused a message of the package, for example because an option has another type.
 * - `message-too-long`: a message would be longer than 256 MiB.
 * - `app-closed`: the application was closed.
 */
export type HarnessErrorKind =
  | "invalid-option"
  | "invalid-manifest"
  | "invalid-component"
  | "invalid-module"
  | "invalid-mock"
  | "invalid-recording"
  | "invalid-request"
  | "io"
  | "build"
  | "engine"
  | "trap"
  | "exited"
  | "wall-time-reached"
  | "limit-reached"
  | "body-aborted"
  | "invalid-response"
  | "error-code"
  | "harness-not-found"
  | "harness-ended"
  | "incompatible-harness"
  | "invalid-params"
  | "message-too-long"
  | "app-closed"
  | (string & {});

/** What an error has beyond its kind and message. */
export interface HarnessErrorOptions extends ErrorOptions {
  guestStderr?: string | undefined;
  backtrace?: string | undefined;
}

/**
 * Why the harness, or a component in it, has no result.
 *
 * The message is one sentence. The stack is that of the call in the test, followed by {@link HarnessError.backtrace} and
 * {@link HarnessError.guestStderr}.
 *
 * @example
 * ```js
 * import assert from "node:assert/strict";
 * import { App, HarnessError } from "spin-harness";
 *
 * const error = await App.load({ manifest: "no-such-folder" }).catch((error) => error);
 * assert(error instanceof HarnessError);
 * assert.equal(error.kind, "io");
 * ```
 */
export class HarnessError extends Error {
  /** The kind of the error, for programs to match on. */
  readonly kind: HarnessErrorKind;
  /** The end of what the component wrote to stderr; empty if none ran. */
  readonly guestStderr: string;
  /** Where in the component it happened: one line for each frame. */
  readonly backtrace: string | undefined;

  /** The package creates these errors. The constructor is public for your tests. */
  constructor(kind: HarnessErrorKind, message: string, options: HarnessErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.kind = kind;
    this.guestStderr = options.guestStderr ?? "";
    this.backtrace = options.backtrace;
  }

  static {
    HarnessError.prototype.name = "HarnessError";
  }
}

/** The frames of a call in the test, for the stack of an error that is created later. */
export class CallSite {
  readonly #captured = new Error();

  /** Gives the error the stack of this call, and to its stack what the component said. */
  apply<E extends Error>(error: E): E {
    const frames = (this.#captured.stack ?? "").split("\n").filter((line) => /^ +at /.test(line));
    const parts = [`${error.name}: ${error.message}`, ...frames.filter((line) => !isOwn(line))];
    if (error instanceof HarnessError) {
      if (error.backtrace) parts.push(`the component's backtrace:\n${error.backtrace.trimEnd()}`);
      if (error.guestStderr) parts.push(`the component's stderr:\n${error.guestStderr.trimEnd()}`);
    }
    error.stack = parts.join("\n");
    return error;
  }
}

/** Whether a frame is of this package or of Node itself, whose frames say nothing about the test. */
function isOwn(frame: string): boolean {
  return (
    frame.includes(FOLDER) || frame.includes("(node:internal/") || /at node:internal/.test(frame)
  );
}

const FOLDER = new URL("./", import.meta.url).href;
