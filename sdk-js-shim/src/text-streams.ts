/** `TextDecoderStream` and `TextEncoderStream` (Encoding, section 7). */

/** Decodes a stream of bytes. */
export class TextDecoderStream {
  readonly #decoder: TextDecoder;
  readonly #transform: TransformStream<BufferSource, string>;

  constructor(label = "utf-8", options?: TextDecoderOptions) {
    const decoder = new TextDecoder(label, options);
    const decode = (
      controller: TransformStreamDefaultController<string>,
      chunk?: BufferSource,
    ): void => {
      const text = chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
      if (text !== "") controller.enqueue(text);
    };
    this.#decoder = decoder;
    this.#transform = new TransformStream({
      transform(chunk, controller) {
        if (!(chunk instanceof ArrayBuffer) && !ArrayBuffer.isView(chunk)) {
          throw new TypeError("a chunk of the stream is neither an ArrayBuffer nor a view of one");
        }
        decode(controller, chunk);
      },
      flush: (controller) => decode(controller),
    });
  }

  get encoding(): string {
    return this.#decoder.encoding;
  }

  get fatal(): boolean {
    return this.#decoder.fatal;
  }

  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM;
  }

  get readable(): ReadableStream<string> {
    return this.#transform.readable;
  }

  get writable(): WritableStream<BufferSource> {
    return this.#transform.writable;
  }
}

/** Encodes a stream of strings as UTF-8. A surrogate pair may be in two chunks. */
export class TextEncoderStream {
  readonly #transform: TransformStream<string, Uint8Array>;

  constructor() {
    const encoder = new TextEncoder();
    let high = "";
    this.#transform = new TransformStream({
      transform(chunk, controller) {
        const text = high + String(chunk);
        high = /[\ud800-\udbff]$/.exec(text)?.[0] ?? "";
        const whole = text.slice(0, text.length - high.length);
        if (whole !== "") controller.enqueue(encoder.encode(whole));
      },
      flush(controller) {
        if (high !== "") controller.enqueue(encoder.encode(high));
      },
    });
  }

  get encoding(): string {
    return "utf-8";
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#transform.readable;
  }

  get writable(): WritableStream<string> {
    return this.#transform.writable;
  }
}
