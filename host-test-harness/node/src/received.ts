/** A request that arrived at the mocks. */

import { type Fields, fromBase64, toHeaders } from "./wire.js";

/** @internal */
export interface ReceivedMessage {
  component: string;
  hop: number;
  method: string;
  url: string;
  headers: Fields;
  body: string;
  mock?: string | null;
}

/** A request that a component sent, and that the mocks answered or failed. */
export class ReceivedRequest {
  /** The component's id. */
  readonly component: string;
  /** 0 for the component's own request, 1 for the first redirect, and so on. */
  readonly hop: number;
  readonly method: string;
  /** The URL as it would have been sent, or `http://self/…` for a request to the application itself. */
  readonly url: string;
  /** The header fields as they would have been sent. */
  readonly headers: Headers;
  /** The whole body; empty without a body. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** The name of the mock that answered; `null` if no mock matched. */
  readonly mock: string | null;

  /** @internal */
  constructor(message: ReceivedMessage) {
    this.component = message.component;
    this.hop = message.hop;
    this.method = message.method;
    this.url = message.url;
    this.headers = toHeaders(message.headers);
    this.body = fromBase64(message.body);
    this.mock = message.mock ?? null;
  }

  /** The body as text. Bytes that are not UTF-8 become U+FFFD. */
  text(): string {
    return new TextDecoder().decode(this.body);
  }

  /**
   * The body as JSON.
   *
   * @throws SyntaxError if it is not JSON.
   */
  json(): unknown {
    return JSON.parse(this.text());
  }
}
