/**
 * The types of `wasi:io` and `wasi:http` 0.2, as the engine represents them. `wit/deps` has their documentation.
 *
 * A function with a `result` returns its ok value, or throws a value whose `payload` is its error. A variant
 * is an object with `tag` and `val`. A resource whose children are alive must not be disposed of.
 */

/** What the guest owns in the host. */
export declare class Resource {
  [Symbol.dispose](): void;
}

export declare class Pollable extends Resource {
  block(): void;
}
export declare class IoError extends Resource {}

export type StreamError = { tag: "last-operation-failed"; val: IoError } | { tag: "closed" };

export declare class InputStream extends Resource {
  read(length: bigint): Uint8Array<ArrayBuffer>;
  subscribe(): Pollable;
}

export declare class OutputStream extends Resource {
  checkWrite(): bigint;
  write(contents: Uint8Array): void;
  flush(): void;
  subscribe(): Pollable;
}

export type WitFields = [name: string, value: Uint8Array][];

export declare class Fields extends Resource {
  static fromList(entries: WitFields): Fields;
  entries(): WitFields;
}

/** A case without a value has none here. */
export type Method = { tag: string; val?: string };
export type Scheme = { tag: "HTTP" } | { tag: "HTTPS" } | { tag: "other"; val: string };
export type ErrorCode = { tag: string; val?: unknown };

export declare class IncomingBody extends Resource {
  stream(): InputStream;
}

export declare class OutgoingBody extends Resource {
  write(): OutputStream;
  static finish(body: OutgoingBody, trailers: Fields | undefined): void;
}

export declare class IncomingRequest extends Resource {
  method(): Method;
  pathWithQuery(): string | undefined;
  scheme(): Scheme | undefined;
  authority(): string | undefined;
  headers(): Fields;
  consume(): IncomingBody;
}

export declare class OutgoingRequest extends Resource {
  constructor(headers: Fields);
  body(): OutgoingBody;
  setMethod(method: Method): void;
  setPathWithQuery(path: string | undefined): void;
  setScheme(scheme: Scheme | undefined): void;
  setAuthority(authority: string | undefined): void;
}

export declare class IncomingResponse extends Resource {
  status(): number;
  headers(): Fields;
  consume(): IncomingBody;
}

export declare class OutgoingResponse extends Resource {
  constructor(headers: Fields);
  setStatusCode(status: number): void;
  body(): OutgoingBody;
}

type Result<Ok, Failure> = { tag: "ok"; val: Ok } | { tag: "err"; val: Failure };

export declare class FutureIncomingResponse extends Resource {
  subscribe(): Pollable;
  get(): Result<Result<IncomingResponse, ErrorCode>, undefined> | undefined;
}

export declare class ResponseOutparam extends Resource {
  static set(out: ResponseOutparam, response: Result<OutgoingResponse, ErrorCode>): void;
}
