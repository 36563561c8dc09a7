/** The body of a message that the host receives: of a response, or of an inbound request. */

import { httpErrorCode } from "wasi:http/types@0.2.0";
import type { ByteReader, Bytes } from "../byte-reader.js";
import type { Awaitable } from "../transport.js";
import type { Scope } from "./scope.js";
import type {
  ErrorCode,
  IncomingRequest,
  IncomingResponse,
  InputStream,
  Pollable,
  StreamError,
} from "./wit.js";

/** How many bytes are read at once at most. */
const PIECE_BYTES = 64n * 1024n;

/** What a {@link Download} needs to know about its message. */
interface Options {
  length: number | undefined;
  /** The error of a body that the host cannot read to its end. */
  toError(code: ErrorCode | undefined): unknown;
}

/**
 * Reads a body as it arrives. Its end, an error, and `cancel` end the scope, which must own the message and
 * nothing that is needed longer.
 */
export class Download implements ByteReader {
  readonly length: number | undefined;
  private readonly scope: Scope;
  /** Absent if the length is 0. */
  private readonly stream!: InputStream;
  /** Of the stream. Made when it is needed, because each call of the host takes time. */
  private pollable: Pollable | undefined;
  private readonly toError: Options["toError"];
  /** What `isEmpty` has read. */
  private begun: Bytes | undefined;
  private receivedBytes = 0;
  private hasRead = false;
  private isAtEnd = false;

  constructor(message: IncomingRequest | IncomingResponse, scope: Scope, options: Options) {
    this.scope = scope;
    this.length = options.length;
    this.toError = options.toError;
    if (options.length !== 0) this.stream = scope.own(scope.own(message.consume()).stream());
  }

  next(): Awaitable<Bytes | undefined> {
    const begun = this.begun;
    this.begun = undefined;
    if (begun) return begun;
    if (this.isAtEnd) return undefined;
    if (this.hasRead) return this.read();
    // The first read does not wait, because most short bodies arrive with their head.
    this.hasRead = true;
    this.scope.throwIfEnded();
    if (this.length === 0) {
      this.end();
      return undefined;
    }
    const piece = this.take();
    return piece?.byteLength || this.isAtEnd ? piece : this.read();
  }

  cancel(reason: unknown): void {
    this.scope.end(reason ?? new TypeError("the body was cancelled"));
  }

  async isEmpty(): Promise<boolean> {
    this.begun ??= await this.next();
    return this.begun === undefined;
  }

  /** Waits even if there is something to read, so that timers run while a fast body is read. */
  private async read(): Promise<Bytes | undefined> {
    while (!this.isAtEnd) {
      this.scope.throwIfEnded();
      this.pollable ??= this.scope.own(this.stream.subscribe());
      await this.scope.ready(this.pollable);
      const piece = this.take();
      if (piece?.byteLength) return piece;
    }
    return undefined;
  }

  /** What can be read without waiting; `undefined` at the end. */
  private take(): Bytes | undefined {
    try {
      const piece = this.stream.read(PIECE_BYTES);
      this.receivedBytes += piece.byteLength;
      // The host accepts no more bytes than `content-length` says.
      if (this.receivedBytes === this.length) this.end();
      return piece;
    } catch (thrown) {
      const { payload } = thrown as { payload: StreamError };
      if (payload.tag === "closed") {
        this.end();
        return undefined;
      }
      const code = httpErrorCode(payload.val);
      payload.val[Symbol.dispose]();
      const error = this.toError(code);
      this.scope.end(error);
      throw error;
    }
  }

  private end(): void {
    this.isAtEnd = true;
    this.scope.end(undefined);
  }
}
