/** Values in the memory of a guest, laid out as the canonical ABI of the component model says. */

/** The exports of a guest that the canonical ABI needs. */
export interface GuestExports {
  memory: WebAssembly.Memory;
  cabi_realloc(old: number, oldSize: number, alignment: number, size: number): number;
}

/** A list of header fields. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** The size of a header field in a list: two lists of bytes, each with its address and its length. */
const FIELD_SIZE = 16;

export class GuestValues {
  private readonly exports: GuestExports;

  constructor(exports: GuestExports) {
    this.exports = exports;
  }

  /** Writes the case of an `option`, a `result` or a variant, or a number of 8 bits. */
  putByte(at: number, value: number): void {
    this.view().setUint8(at, value);
  }

  putShort(at: number, value: number): void {
    this.view().setUint16(at, value, true);
  }

  putWord(at: number, value: number): void {
    this.view().setUint32(at, value, true);
  }

  putLong(at: number, value: bigint): void {
    this.view().setBigUint64(at, value, true);
  }

  /** Writes `bytes` into memory of their own, and their address and length to `at`. */
  putBytes(at: number, bytes: Uint8Array, alignment = 1): void {
    const [address, length] = this.newBytes(bytes, alignment);
    this.putWord(at, address);
    this.putWord(at + 4, length);
  }

  /** As {@link putBytes}. The names and values are bytes in both imports. */
  putFields(at: number, fields: Fields): void {
    const [address, length] = this.newFields(fields);
    this.putWord(at, address);
    this.putWord(at + 4, length);
  }

  /** Writes `bytes` into memory of their own, and returns their address and length. */
  newBytes(bytes: Uint8Array, alignment = 1): [address: number, length: number] {
    const address = this.exports.cabi_realloc(0, 0, alignment, bytes.byteLength);
    new Uint8Array(this.exports.memory.buffer).set(bytes, address);
    return [address, bytes.byteLength];
  }

  newFields(fields: Fields): [address: number, length: number] {
    const address = this.exports.cabi_realloc(0, 0, 4, FIELD_SIZE * fields.length);
    for (const [index, [name, value]] of fields.entries()) {
      this.putBytes(address + FIELD_SIZE * index, Buffer.from(name));
      this.putBytes(address + FIELD_SIZE * index + 8, Buffer.from(value));
    }
    return [address, fields.length];
  }

  byteAt(at: number): number {
    return this.view().getUint8(at);
  }

  shortAt(at: number): number {
    return this.view().getUint16(at, true);
  }

  wordAt(at: number): number {
    return this.view().getUint32(at, true);
  }

  textAt(address: number, length: number): string {
    return Buffer.from(this.exports.memory.buffer, address, length).toString();
  }

  /** The view of the memory, whose buffer is another one after it has grown. */
  private view(): DataView {
    return new DataView(this.exports.memory.buffer);
  }
}
