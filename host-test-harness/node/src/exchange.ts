/** One request to the application, and its response. */

import { deferred } from "./deferred.js";
import { type CallSite, HarnessError } from "./error.js";
import type { OutgoingRequest } from "./request.js";
import { hasBody, toResponse, wholeResponse } from "./response.js";
import type { Call, Session } from "./session.js";
import { type Fields, fromBase64, type ResponseMessage, toBase64, toHeaders } from "./wire.js";

/** The length of the pieces in which a request body is written, in bytes. */
const PIECE_BYTES = 1024 * 1024;

/** A response of the application: a standard `Response`, with its trailer fields. */
export interface AppResponse extends Response {
  /**
   * The trailer fields; empty if there are none. It resolves when the body has been read to its end, and rejects if the
   * body fails. A clone of the response has none.
   */
  readonly trailers: Promise<Headers>;
}

/** The result of the method `read`. */
interface Piece {
  body: string;
  end: boolean;
  trailers?: Fields | null;
}

/** Where a request goes. */
export interface Target {
  session: Session;
  /** The number of the application. */
  app: number;
  /** Aborts when the application is closed, which gives its requests up. */
  closed: AbortSignal;
  /** Whether the response comes with its body, and not in pieces. */
  isWhole: boolean;
}

/** A request that runs. */
export class Exchange {
  readonly #session: Session;
  readonly #call: Call<{ response: ResponseMessage }>;
  readonly #request: OutgoingRequest;
  readonly #signals: readonly AbortSignal[];
  /** Rejects when the exchange is given up. */
  readonly #aborted = deferred<never>();
  readonly #trailers = deferred<Headers>();
  readonly #site: CallSite;
  #isOver = false;
  /** The body of the response, while it arrives. */
  #content: ReadableByteStreamController | undefined;
  /** The test's body of the request, while it is read. */
  #source: ReadableStreamDefaultReader<unknown> | undefined;

  /** Sends the request. */
  constructor({ session, app, closed, isWhole }: Target, request: OutgoingRequest, site: CallSite) {
    this.#session = session;
    this.#request = request;
    this.#site = site;
    this.#signals = request.signal === null ? [closed] : [request.signal, closed];
    const streams = { request: request.stream !== null, response: !isWhole };
    this.#call = session.start("request", { app, request: request.message, streams });
    for (const signal of this.#signals) signal.addEventListener("abort", this.#onAbort);
    if (request.stream !== null) void this.#write(request.stream);
  }

  /** The response, when its head has arrived. */
  async response(): Promise<AppResponse> {
    const { response } = await this.#unlessAborted(this.#call.result);
    const { method } = this.#request.message;
    if (response.body !== undefined) {
      this.#end(response.trailers);
      return this.#withTrailers(wholeResponse(response, method));
    }
    const body = this.#body();
    try {
      return this.#withTrailers(toResponse(response, method, body));
    } catch (error) {
      this.#abort(error);
      throw error;
    } finally {
      // The component may still run. How it ends is known from `trailers`.
      if (!hasBody(response.status, method)) body.pipeTo(new WritableStream()).catch(() => {});
    }
  }

  #withTrailers(response: Response): AppResponse {
    const value = this.#trailers.promise;
    return Object.defineProperty(response as AppResponse, "trailers", { value });
  }

  /** The body of the response: it is read from the harness as the test reads it. */
  #body(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      type: "bytes",
      start: (controller) => {
        this.#content = controller;
      },
      pull: async (controller) => {
        for (;;) {
          const params = { id: this.#call.id };
          const read = this.#session.call<Piece>("read", params);
          const { body, end, trailers } = await this.#unlessAborted(read);
          if (body !== "") controller.enqueue(fromBase64(body));
          if (end) {
            this.#end(trailers);
            controller.close();
            controller.byobRequest?.respond(0);
          }
          if (body !== "" || end) return;
        }
      },
      cancel: (reason) => this.#abort(reason),
    });
  }

  /** The result of a request, unless the exchange is given up before. An error ends the exchange. */
  async #unlessAborted<T>(result: Promise<T>): Promise<T> {
    try {
      return await Promise.race([result, this.#aborted.promise]);
    } catch (error) {
      this.#release();
      this.#trailers.reject(error);
      throw error instanceof HarnessError ? this.#site.apply(error) : error;
    }
  }

  readonly #onAbort = (event: Event): void => {
    this.#abort((event.target as AbortSignal).reason);
  };

  #abort(reason: unknown): void {
    if (this.#isOver) return;
    this.#release();
    this.#session.cancel(this.#call.id);
    this.#aborted.reject(reason);
    this.#trailers.reject(reason);
    this.#content?.error(reason);
  }

  #end(trailers: Fields | null | undefined): void {
    this.#release();
    this.#trailers.resolve(toHeaders(trailers ?? []));
  }

  /** The exchange is over, and sends nothing more. */
  #release(): void {
    this.#isOver = true;
    for (const signal of this.#signals) signal.removeEventListener("abort", this.#onAbort);
    // What the source of the test's stream says to that changes nothing.
    this.#source?.cancel().catch(() => {});
  }

  async #write(stream: ReadableStream<unknown>): Promise<void> {
    const source = stream.getReader();
    this.#source = source;
    for (;;) {
      let piece: Uint8Array | undefined;
      try {
        piece = bytesOf(await source.read());
      } catch (error) {
        this.#abort(error);
        return;
      }
      if (this.#isOver) return;
      if (!(await this.#send(piece))) {
        // The application takes no more. Its response, or its error, says why.
        source.cancel().catch(() => {});
        return;
      }
      if (piece === undefined) return;
    }
  }

  /** Sends a piece of the body, or its end. Returns whether the application has taken it. */
  async #send(piece: Uint8Array | undefined): Promise<boolean> {
    const { id } = this.#call;
    try {
      if (piece === undefined) {
        await this.#session.call("write", { id, end: true });
        return true;
      }
      for (let begin = 0; begin < piece.length; begin += PIECE_BYTES) {
        const body = toBase64(piece.subarray(begin, begin + PIECE_BYTES));
        const { open } = await this.#session.call<{ open: boolean }>("write", { id, body });
        if (!open) return false;
      }
      return true;
    } catch {
      return false;
    }
  }
}

/** The bytes that a stream of the test has; `undefined` at its end. */
function bytesOf({ done, value }: ReadableStreamReadResult<unknown>): Uint8Array | undefined {
  if (done) return undefined;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(
    `the stream of a request body has ${typeof value} ${JSON.stringify(value)}; each piece must be a Uint8Array`,
  );
}
