import { BodySource, type Bytes } from "./body-source.js";
import { refusal } from "./error.js";
import { toValue } from "./headers.js";
import { mimeTypeOf, serializeMimeType } from "./mime.js";
import { formFromBytes, formToBlob } from "./multipart.js";
import { REASONS } from "./reasons.js";
import type { Awaitable } from "./transport.js";
import { toUsvString } from "./webidl.js";

/** A body and its content type; `null` if the type is unknown. */
interface Extracted {
  source: BodySource;
  type: string | null;
}

/** "Extract a body" of Fetch. */
export function extractBody(object: unknown): Extracted {
  if (typeof object === "string") return fromText(object);
  if (object instanceof ReadableStream) {
    if (object.locked) {
      throw refusal(REASONS.bodyStreamLocked, {});
    }
    return { source: new BodySource({ stream: object }), type: null };
  }
  if (object instanceof Blob) {
    const type = object.type === "" ? null : toValue("content-type", object.type);
    return { source: new BodySource({ blob: object }), type };
  }
  if (object instanceof ArrayBuffer) return fromBytes(new Uint8Array(object.slice(0)), null);
  if (ArrayBuffer.isView(object)) {
    const view = new Uint8Array(object.buffer, object.byteOffset, object.byteLength);
    return fromBytes(new Uint8Array(view), null);
  }
  if (object instanceof FormData) {
    const { blob, boundary } = formToBlob(object);
    return { source: new BodySource({ blob }), type: `multipart/form-data; boundary=${boundary}` };
  }
  if (object instanceof URLSearchParams) {
    const type = "application/x-www-form-urlencoded;charset=UTF-8";
    return fromBytes(new TextEncoder().encode(object.toString()), type);
  }
  return fromText(toUsvString(object, "the body", "invalid-body"));
}

/** Lone surrogates are encoded as U+FFFD (Encoding, "encode"). */
function fromText(text: string): Extracted {
  return fromBytes(new TextEncoder().encode(text), "text/plain;charset=UTF-8");
}

function fromBytes(bytes: Bytes, type: string | null): Extracted {
  return { source: new BodySource({ bytes }), type };
}

/** The source of a body; `null` if there is no body. */
export let sourceOf: (body: Body) => BodySource | null;
/** Sets the body of a request or response. */
export let setSource: (body: Body, source: BodySource | null) => void;

/** The common members of `Request` and `Response` (the mixin `Body` of Fetch). */
export abstract class Body {
  #source: BodySource | null = null;

  static {
    sourceOf = (body) => body.#source;
    setSource = (body, source) => {
      body.#source = source;
    };
  }

  abstract get headers(): { get(name: string): string | null };

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#source?.stream ?? null;
  }

  get bodyUsed(): boolean {
    return this.#source?.isUsed ?? false;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await consume(this)).buffer;
  }

  async blob(): Promise<Blob> {
    const bytes = await consume(this);
    const type = mimeTypeOf(this.headers.get("content-type"));
    return new Blob([bytes], { type: type ? serializeMimeType(type) : "" });
  }

  async bytes(): Promise<Bytes> {
    return consume(this);
  }

  async formData(): Promise<FormData> {
    const bytes = await consume(this);
    const type = mimeTypeOf(this.headers.get("content-type"));
    if (type?.essence === "multipart/form-data") {
      const boundary = type.parameters.get("boundary");
      if (!boundary) throw new TypeError("the content type multipart/form-data has no boundary");
      return formFromBytes(bytes, boundary);
    }
    if (type?.essence === "application/x-www-form-urlencoded") {
      const form = new FormData();
      const fields = new URLSearchParams(new TextDecoder().decode(bytes));
      for (const [name, value] of fields) form.append(name, value);
      return form;
    }
    const shown = type ? serializeMimeType(type) : "missing";
    throw new TypeError(`the body is not a form: its content type is ${shown}`);
  }

  async json(): Promise<unknown> {
    return JSON.parse(new TextDecoder().decode(await consume(this)));
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await consume(this));
  }
}

/** Reads all bytes of a body, and marks it as used. */
function consume(body: Body): Awaitable<Bytes> {
  assertUsable(body, "read");
  return sourceOf(body)?.bytes() ?? new Uint8Array(0);
}

/** @throws TypeError if the body was read, or is locked. */
export function assertUsable(body: Body, use: string): void {
  const source = sourceOf(body);
  if (!source?.isUnusable) return;
  throw refusal(source.isUsed ? REASONS.bodyUsed : REASONS.bodyLocked, { use });
}
