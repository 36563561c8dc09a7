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
  /** The test's body of the request, while it is read. */
  #source: ReadableStreamDefaultReader<Uint8Array> | undefined;

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

  async #write(stream: ReadableStream<Uint8Array>): Promise<void> {
    const source = stream.getReader();
    this.#source = source;
    const write = (bytes: Uint8Array, end: boolean) => {
      const params = { id: this.#call.id, body: toBase64(bytes), end };
      return this.#session.call("write", params);
    };
    for (;;) {
      const piece = await source.read().catch((error: unknown) => {
        this.#abort(error);
        return null;
      });
      if (piece === null || this.#isOver) return;
      try {
        if (piece.done) {
          await write(new Uint8Array(), true);
          return;
        }
        for (let begin = 0; begin < piece.value.length; begin += PIECE_BYTES) {
          await write(piece.value.subarray(begin, begin + PIECE_BYTES), false);
        }
      } catch {
        // The application ended before it read the body. Its response or its error says why.
        source.cancel().catch(() => {});
        return;
      }
    }
  }
}
