/** `MessageChannel` (HTML, section 9.4). Both ports are in the same instance. */

/** The members of {@link MessageEvent}. */
interface MessageEventInit extends EventInit {
  data?: unknown;
  origin?: string;
  lastEventId?: string;
  source?: unknown;
  ports?: MessagePort[];
}

/** A message that a port received. */
export class MessageEvent extends Event {
  readonly data: unknown;
  readonly origin: string;
  readonly lastEventId: string;
  readonly source: unknown;
  readonly ports: readonly MessagePort[];

  constructor(type: string, init: MessageEventInit = {}) {
    super(type, init);
    this.data = init.data ?? null;
    this.origin = init.origin ?? "";
    this.lastEventId = init.lastEventId ?? "";
    this.source = init.source ?? null;
    this.ports = Object.freeze([...(init.ports ?? [])]);
  }
}

let makeChannel: () => [MessagePort, MessagePort];

/** One end of a {@link MessageChannel}. */
export class MessagePort extends EventTarget {
  #other: MessagePort | undefined;
  #onmessage: ((event: MessageEvent) => void) | null = null;
  /** Messages that wait for `start`; `undefined` when the port was started. */
  #queue: unknown[] | undefined = [];
  onmessageerror: unknown = null;

  static {
    makeChannel = () => {
      const ports: [MessagePort, MessagePort] = [new MessagePort(), new MessagePort()];
      [ports[0].#other, ports[1].#other] = [ports[1], ports[0]];
      return ports;
    };
  }

  get onmessage(): ((event: MessageEvent) => void) | null {
    return this.#onmessage;
  }

  set onmessage(listener: ((event: MessageEvent) => void) | null) {
    this.#onmessage = typeof listener === "function" ? listener : null;
    this.start();
  }

  postMessage(data: unknown, options?: Transferable[] | { transfer?: Transferable[] }): void {
    const transfer = (Array.isArray(options) ? options : options?.transfer) ?? [];
    const copy: unknown = structuredClone(data, { transfer });
    const other = this.#other;
    if (!other) return;
    if (other.#queue) other.#queue.push(copy);
    else other.#deliver(copy);
  }

  start(): void {
    const queue = this.#queue ?? [];
    this.#queue = undefined;
    for (const data of queue) this.#deliver(data);
  }

  close(): void {
    if (this.#other) this.#other.#other = undefined;
    this.#other = undefined;
  }

  #deliver(data: unknown): void {
    setTimeout(() => {
      const event = new MessageEvent("message", { data });
      this.#onmessage?.(event);
      this.dispatchEvent(event);
    }, 0);
  }
}

/** Two ports, each of which receives what is posted to the other. */
export class MessageChannel {
  readonly port1: MessagePort;
  readonly port2: MessagePort;

  constructor() {
    [this.port1, this.port2] = makeChannel();
  }
}
