/** Sends a body: of a request to an upstream, or of a response to the client. */

import { OutgoingBody } from "wasi:http/types@0.2.0";
import type { ByteReader, Bytes } from "../byte-reader.js";
import { type Awaitable, chain, isReader } from "../transport.js";
import { sleep } from "./event-loop.js";
import type { Scope } from "./scope.js";
import type { OutputStream, Pollable, OutgoingBody as WitBody } from "./wit.js";

/**
 * How long the host gets to send what it has accepted of a body that fails, in milliseconds. A host drops the rest when
 * it learns of the failure. The one of wasmtime has taken bytes as soon as they are flushed, and does not tell when it
 * has sent them.
 */
const SEND_MS = 100;

/**
 * Sends `body`. The result is whether the other side took all of it.
 *
 * If reading `body` fails, calls `onFailure` with the error and the number of bytes that were accepted, and then sends
 * those, unless `onFailure` has ended the scope.
 *
 * The scope disposes of `outgoing` if the body is not complete, so that the other side notices.
 *
 * @throws what the scope ends with, if it does.
 */
export function upload(
  body: Bytes | ByteReader,
  outgoing: WitBody,
  scope: Scope,
  onFailure: OnFailure,
): Awaitable<boolean> {
  const sink = new Sink(outgoing, scope);
  if (isReader(body)) return sendPieces(body, sink, onFailure);
  return chain(sink.write(body), (isWritten) => isWritten && sink.finish());
}

type OnFailure = (error: unknown, nBytes: number) => void;

async function sendPieces(body: ByteReader, sink: Sink, onFailure: OnFailure): Promise<boolean> {
  for (let nBytes = 0; ; ) {
    let piece: Bytes | undefined;
    try {
      piece = await body.next();
    } catch (error) {
      onFailure(error, nBytes);
      if (await sink.flushed()) await sleep(SEND_MS);
      return false;
    }
    if (!piece) return sink.finish();
    // Waits even if the other side takes bytes now, so that timers run while a fast body is sent.
    await sink.ready();
    if (!(await sink.write(piece)) || !sink.flush()) {
      body.cancel(new TypeError("the other side takes no more of the body"));
      return false;
    }
    nBytes += piece.byteLength;
  }
}

class Sink {
  private readonly scope: Scope;
  private open: { outgoing: WitBody; stream: OutputStream } | undefined;
  /** Of the stream. Made when it is needed, because each call of the host takes time. */
  private pollable: Pollable | undefined;

  constructor(outgoing: WitBody, scope: Scope) {
    this.open = { outgoing, stream: outgoing.write() };
    this.scope = scope;
    scope.onEnd(() => this.close()?.[Symbol.dispose]());
  }

  /** Resolves when the other side takes bytes or its end is known. */
  async ready(): Promise<void> {
    if (!this.open) return;
    this.pollable ??= this.open.stream.subscribe();
    await this.scope.ready(this.pollable);
  }

  /** Writes as the other side takes it. The result is `false` if it takes no more. */
  write(bytes: Uint8Array): Awaitable<boolean> {
    if (bytes.byteLength === 0) return true;
    const permitted = this.permitted();
    if (typeof permitted === "number" && permitted >= bytes.byteLength) {
      return this.try((stream) => stream.write(bytes));
    }
    return this.writePieces(bytes, permitted);
  }

  private async writePieces(bytes: Uint8Array, first: Awaitable<number>): Promise<boolean> {
    let rest = bytes;
    for (let next = first; ; next = this.permitted()) {
      const permitted = await next;
      if (permitted === 0) return false;
      const piece = rest.subarray(0, permitted);
      if (!this.try((stream) => stream.write(piece))) return false;
      rest = rest.subarray(piece.byteLength);
      if (rest.byteLength === 0) return true;
    }
  }

  flush(): boolean {
    return this.try((stream) => stream.flush());
  }

  /** Waits until everything is sent. The result is `false` if the other side takes no more. */
  flushed(): Awaitable<boolean> {
    return this.flush() && chain(this.permitted(), (permitted) => permitted > 0);
  }

  /** Waits until everything is sent, and marks the body as complete. */
  finish(): Awaitable<boolean> {
    return chain(this.flushed(), (isFlushed) => isFlushed && this.complete());
  }

  private complete(): boolean {
    const outgoing = this.close();
    if (!outgoing) return false;
    try {
      OutgoingBody.finish(outgoing, undefined);
      return true;
    } catch {
      // Its length is not that of `content-length`; the host tells it in place of the response.
      return false;
    }
  }

  /** How many bytes can be written; 0 if the other side takes no more. Waits only if none can be written now. */
  private permitted(): Awaitable<number> {
    const open = this.open;
    if (!open) return 0;
    try {
      const permitted = Number(open.stream.checkWrite());
      if (permitted > 0) return permitted;
    } catch (thrown) {
      discard(thrown);
      return 0;
    }
    return this.ready().then(() => this.permitted());
  }

  private try(action: (stream: OutputStream) => void): boolean {
    if (!this.open) return false;
    try {
      action(this.open.stream);
      return true;
    } catch (thrown) {
      discard(thrown);
      return false;
    }
  }

  /** Disposes of the stream, and returns the body. */
  private close(): WitBody | undefined {
    const open = this.open;
    this.open = undefined;
    this.pollable?.[Symbol.dispose]();
    this.pollable = undefined;
    open?.stream[Symbol.dispose]();
    return open?.outgoing;
  }
}

/** Disposes of the error of a stream. */
function discard(thrown: unknown): void {
  const { payload } = thrown as { payload?: { val?: { [Symbol.dispose]?: () => void } } };
  payload?.val?.[Symbol.dispose]?.();
}
