/** The events of errors that nothing catches (HTML, section 8.1.4). */

/** The members of {@link ErrorEvent}. */
interface ErrorEventInit extends EventInit {
  message?: string;
  filename?: string;
  lineno?: number;
  colno?: number;
  error?: unknown;
}

/** An exception that nothing caught. */
export class ErrorEvent extends Event {
  readonly message: string;
  readonly filename: string;
  readonly lineno: number;
  readonly colno: number;
  readonly error: unknown;

  constructor(type: string, init: ErrorEventInit = {}) {
    super(type, init);
    this.message = String(init.message ?? "");
    this.filename = String(init.filename ?? "");
    this.lineno = Number(init.lineno ?? 0);
    this.colno = Number(init.colno ?? 0);
    this.error = init.error;
  }
}

/** A promise that was rejected and that nothing handles. */
export class PromiseRejectionEvent extends Event {
  readonly promise: Promise<unknown>;
  readonly reason: unknown;

  constructor(type: string, init: EventInit & { promise: Promise<unknown>; reason?: unknown }) {
    super(type, init);
    if (init?.promise === undefined) {
      throw new TypeError("PromiseRejectionEvent requires the member `promise`");
    }
    this.promise = init.promise;
    this.reason = init.reason;
  }
}
