/**
 * The host of a rehearsal: the imports of a component as functions of core WebAssembly. Each call succeeds immediately.
 * The request to the component and the responses to its calls have the same fields and the same body.
 */

import { REHEARSAL_TIME } from "../../rehearsal-time.js";
import { type Fields, type GuestExports, GuestValues } from "./values.js";

/** The body of each message that the guest receives. It is valid JSON, and arrives in two pieces. */
export const BODY = '{"rehearsal":true}';
const PIECES = [BODY.slice(0, 8), BODY.slice(8)].map((piece) => Buffer.from(piece));

const FIELDS: Fields = [
  ["content-type", "application/json"],
  ["content-length", String(BODY.length)],
];
const AUTHORITY = "app.test";
const PATH = "/rehearsal";

/** How many bytes of a body the guest may write at once. */
const PERMITTED_BYTES = 64n * 1024n;

/** The clocks, in nanoseconds. They do not advance. The engine treats a monotonic time of zero as unset. */
const MONOTONIC = 1n;
const REALTIME = BigInt(REHEARSAL_TIME) * 1_000_000n;

/** The message that the guest sent as its response. */
export interface Answer {
  status: number;
  body: string;
}

/** A function of core WebAssembly. An address that it gets is where it writes its result, if that is not a number. */
type CoreFunction = (...args: never[]) => unknown;
type Functions = Readonly<Record<string, CoreFunction>>;

/** The exports of a component of either backend, before it becomes one. */
type Exports = GuestExports & Record<string, (...args: number[]) => number>;

/** The error `badf` of WASI. */
const BAD_FILE = 8;

const DROP = "[resource-drop]";
const SPIN_EXPORT = "fermyon:spin/inbound-http#handle-request";
const WASI_EXPORT = "wasi:http/incoming-handler@0.2.0#handle";

/** Addresses in the memory of the engine. */
export interface Range {
  start: number;
  end: number;
}

export class RehearsalHost {
  /** What the guest wrote to stdout and stderr. Nobody sees it, so a rehearsal in which the program writes fails. */
  output = "";
  private readonly variables: Range;
  private exports!: Exports;
  private guest!: GuestValues;
  private lastHandle = 0;
  /** How many of {@link PIECES} the guest has read, by the handle of the stream. */
  private readonly nRead = new Map<number, number>();
  /** What the guest sends as its response over `wasi:http`. */
  private readonly answer: Answer = { status: 200, body: "" };
  /** The memory of the guest before the request; `undefined` once the guest has called an import. */
  private before: Uint8Array | undefined;
  /** The address of the byte that says whether a request is the first. */
  private firstAddress: number | undefined;

  /** `variables` is where the engine has its static data. */
  constructor(variables: Range) {
    this.variables = variables;
  }

  /** Makes an instance of `module`, whose imports this host implements. */
  async instantiate(module: WebAssembly.Module): Promise<Exports> {
    const imports: Record<string, Record<string, CoreFunction>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      const missing = () => {
        throw new Error(`the rehearsal has no import ${from} ${name}`);
      };
      // The engine has imports of its own, of a later version.
      const [unversioned = from] = from.split("@");
      const known = name.startsWith(DROP) ? () => {} : this.functions[unversioned]?.[name];
      imports[from] ??= {};
      imports[from][name] = (...args) => {
        if (this.before) this.findFirst(this.before);
        return (known ?? missing)(...args);
      };
    }
    const { exports } = await WebAssembly.instantiate(module, imports as WebAssembly.Imports);
    this.exports = exports as unknown as Exports;
    this.guest = new GuestValues(this.exports);
    return this.exports;
  }

  /** Sends a request to the guest, and returns its response. @throws if the guest traps */
  handle(): Answer {
    return WASI_EXPORT in this.exports ? this.handleOfWasi() : this.handleOfSpin();
  }

  /**
   * Makes the next request the first one again. In the first one of an instance the engine takes the origin of
   * `performance.now()` and the seed of `Math.random()`.
   *
   * @throws Error if the engine does not say which byte of its memory that is.
   */
  forgetRequest(): void {
    if (this.firstAddress === undefined) throw new Error("the engine marks no first request");
    new Uint8Array(this.exports.memory.buffer)[this.firstAddress] = 1;
  }

  /**
   * Between the begin of the first request and the first call of an import, the engine changes one flag from 1 to 0. On
   * the stack and on the heap the same may happen to other bytes, so only the variables of the engine are compared.
   */
  private findFirst(before: Uint8Array): void {
    this.before = undefined;
    const after = new Uint8Array(this.exports.memory.buffer);
    const cleared: number[] = [];
    for (let address = this.variables.start; address < this.variables.end; address += 1) {
      if (before[address] === 1 && after[address] === 0) cleared.push(address);
    }
    if (cleared.length === 1) [this.firstAddress] = cleared;
  }

  private remember(): void {
    this.before = new Uint8Array(this.exports.memory.buffer).slice();
  }

  private handleOfWasi(): Answer {
    const { exports } = this;
    this.remember();
    exports[WASI_EXPORT]?.(this.newHandle(), this.newHandle());
    exports[`cabi_post_${WASI_EXPORT}`]?.();
    return this.answer;
  }

  private handleOfSpin(): Answer {
    const { exports, guest } = this;
    const uri = guest.newBytes(Buffer.from(PATH));
    const headers = guest.newFields([["host", AUTHORITY], ...FIELDS]);
    const body = guest.newBytes(Buffer.from(BODY));
    const noParameters = [4, 0];
    const post = 1;
    const words = [post, ...uri, ...headers, ...noParameters, 1, ...body];
    this.remember();
    // The record `response`: its status, and the options `headers` and `body`.
    const response = exports[SPIN_EXPORT]?.(...words) ?? 0;
    const text =
      guest.byteAt(response + 16) === 1
        ? guest.textAt(guest.wordAt(response + 20), guest.wordAt(response + 24))
        : "";
    const answer = { status: guest.shortAt(response), body: text };
    exports[`cabi_post_${SPIN_EXPORT}`]?.(response);
    return answer;
  }

  private newHandle(): number {
    this.lastHandle += 1;
    return this.lastHandle;
  }

  // The forms of results. Each has its case in the first byte, and then its value, which is aligned.

  private readonly none = () => 0;
  private readonly handleOf = () => this.newHandle();
  private readonly okOf = (_: number, result: number) => this.guest.putByte(result, 0);
  private readonly okHandleOf = (_: number, result: number) => this.putOkHandle(result, 4);

  private putOkHandle(result: number, offset: number): void {
    this.guest.putByte(result, 0);
    this.guest.putWord(result + offset, this.newHandle());
  }

  private putSome(result: number, text: string): void {
    this.guest.putByte(result, 1);
    this.guest.putBytes(result + 4, Buffer.from(text));
  }

  private readonly functions: Readonly<Record<string, Functions>> = {
    "fermyon:spin/http": {
      "send-request": (...words: number[]) => {
        const { guest } = this;
        const result = words.at(-1) ?? 0;
        guest.putByte(result, 0);
        guest.putShort(result + 4, 200);
        guest.putByte(result + 8, 1);
        guest.putFields(result + 12, FIELDS);
        guest.putByte(result + 20, 1);
        guest.putBytes(result + 24, Buffer.from(BODY));
      },
    },
    "wasi:http/types": {
      "[static]fields.from-list": (_address: number, _length: number, result: number) =>
        this.putOkHandle(result, 4),
      "[method]fields.entries": (_: number, result: number) => this.guest.putFields(result, FIELDS),
      "[method]incoming-request.method": (_: number, result: number) =>
        // The case `post`.
        this.guest.putByte(result, 2),
      "[method]incoming-request.path-with-query": (_: number, result: number) =>
        this.putSome(result, PATH),
      "[method]incoming-request.scheme": (_: number, result: number) => {
        this.guest.putByte(result, 1);
        // The case `HTTP`.
        this.guest.putByte(result + 4, 0);
      },
      "[method]incoming-request.authority": (_: number, result: number) =>
        this.putSome(result, AUTHORITY),
      "[method]incoming-request.headers": this.handleOf,
      "[method]incoming-request.consume": this.okHandleOf,
      "[method]incoming-body.stream": this.okHandleOf,
      "[constructor]outgoing-request": this.handleOf,
      "[method]outgoing-request.set-method": this.none,
      "[method]outgoing-request.set-scheme": this.none,
      "[method]outgoing-request.set-authority": this.none,
      "[method]outgoing-request.set-path-with-query": this.none,
      "[method]outgoing-request.body": this.okHandleOf,
      "[method]future-incoming-response.subscribe": this.handleOf,
      "[method]future-incoming-response.get": (_: number, result: number) => {
        // An option of a result of a result.
        this.guest.putByte(result, 1);
        this.guest.putByte(result + 8, 0);
        this.putOkHandle(result + 16, 8);
      },
      "[method]incoming-response.status": () => 200,
      "[method]incoming-response.headers": this.handleOf,
      "[method]incoming-response.consume": this.okHandleOf,
      "[constructor]outgoing-response": this.handleOf,
      "[method]outgoing-response.set-status-code": (_: number, status: number) => {
        this.answer.status = status;
        return 0;
      },
      "[method]outgoing-response.body": this.okHandleOf,
      "[static]response-outparam.set": () => {
        // What the guest writes from here on is the body of its response.
        this.answer.body = "";
      },
      "[method]outgoing-body.write": this.okHandleOf,
      "[static]outgoing-body.finish": (...words: number[]) =>
        this.guest.putByte(words.at(-1) ?? 0, 0),
    },
    "wasi:http/outgoing-handler": {
      handle: (...words: number[]) => this.putOkHandle(words.at(-1) ?? 0, 8),
    },
    "wasi:io/streams": {
      "[method]input-stream.read": (stream: number, _length: bigint, result: number) => {
        const { guest } = this;
        const index = this.nRead.get(stream) ?? 0;
        this.nRead.set(stream, index + 1);
        const piece = PIECES[index];
        guest.putByte(result, piece ? 0 : 1);
        if (piece) guest.putBytes(result + 4, piece);
        // The case `closed` of the error.
        else guest.putByte(result + 4, 1);
      },
      "[method]input-stream.subscribe": this.handleOf,
      "[method]output-stream.check-write": (_: number, result: number) => {
        this.guest.putByte(result, 0);
        this.guest.putLong(result + 8, PERMITTED_BYTES);
      },
      "[method]output-stream.write": (
        _: number,
        address: number,
        length: number,
        result: number,
      ) => {
        this.answer.body += this.guest.textAt(address, length);
        this.guest.putByte(result, 0);
      },
      "[method]output-stream.flush": this.okOf,
      "[method]output-stream.subscribe": this.handleOf,
    },
    "wasi:io/poll": {
      "[method]pollable.block": () => {},
      // All are ready.
      poll: (_address: number, length: number, result: number) => {
        const indexes = Uint32Array.from({ length }, (_, index) => index);
        this.guest.putBytes(result, new Uint8Array(indexes.buffer), 4);
        this.guest.putWord(result + 4, length);
      },
    },
    "wasi:clocks/monotonic-clock": {
      now: () => MONOTONIC,
      "subscribe-instant": this.handleOf,
    },
    "wasi:cli/environment": {
      "get-environment": (result: number) =>
        this.guest.putFields(result, [["SPIN_FETCH_REHEARSAL", "true"]]),
    },
    wasi_snapshot_preview1: {
      clock_time_get: (clock: number, _precision: bigint, result: number) => {
        this.guest.putLong(result, clock === 0 ? REALTIME : MONOTONIC);
        return 0;
      },
      // Whether a file is a terminal: none is.
      fd_fdstat_get: () => BAD_FILE,
      fd_write: (_file: number, list: number, length: number, result: number) => {
        const { guest } = this;
        let nBytes = 0;
        for (let index = 0; index < length; index += 1) {
          const [address, size] = [
            guest.wordAt(list + 8 * index),
            guest.wordAt(list + 8 * index + 4),
          ];
          this.output += guest.textAt(address, size);
          nBytes += size;
        }
        guest.putWord(result, nBytes);
        return 0;
      },
    },
  };
}
