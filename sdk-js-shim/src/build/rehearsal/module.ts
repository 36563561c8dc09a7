/** A core module whose memory begins with other contents. */

/** Identifiers of sections (WebAssembly specification, "Modules"). */
const MEMORY = 5;
const DATA = 11;
const DATA_COUNT = 12;

const HEADER_BYTES = 8;
const PAGE_BYTES = 64 * 1024;

/** How many zeros end a segment, unless that makes too many segments. */
const GAP_BYTES = 32;
/** How many segments a module has at most, as Wizer makes them. Engines and tools refuse more than 100,000. */
const MAX_SEGMENTS = 10_000;

/**
 * Replaces the contents of the only memory of a module, and its initial size.
 *
 * No code of the module may use its segments by their indexes.
 */
export function replaceMemory(module: Uint8Array, contents: Uint8Array): Uint8Array {
  const segments = boundedSegmentsOf(contents).map(({ start, bytes }) =>
    // An active segment of the first memory, at a constant.
    Buffer.concat([Buffer.of(0, 0x41), signed(start), Buffer.of(0x0b), sized(bytes)]),
  );
  const replacements: Record<number, Uint8Array> = {
    // One memory without a maximum.
    [MEMORY]: Buffer.concat([Buffer.of(1, 0), unsigned(contents.byteLength / PAGE_BYTES)]),
    [DATA_COUNT]: unsigned(segments.length),
    [DATA]: Buffer.concat([unsigned(segments.length), ...segments]),
  };
  const sections = sectionsOf(module).map(({ id, bytes }) =>
    Buffer.concat([Buffer.of(id), sized(replacements[id] ?? bytes)]),
  );
  return Buffer.concat([module.subarray(0, HEADER_BYTES), ...sections]);
}

function sectionsOf(module: Uint8Array): { id: number; bytes: Uint8Array }[] {
  const sections: { id: number; bytes: Uint8Array }[] = [];
  for (let position = HEADER_BYTES; position < module.byteLength; ) {
    const id = module[position] ?? 0;
    let size = 0;
    let factor = 1;
    for (let byte = 0x80; byte >= 0x80; factor *= 0x80) {
      position += 1;
      byte = module[position] ?? 0;
      size += (byte % 0x80) * factor;
    }
    const start = position + 1;
    position = start + size;
    sections.push({ id, bytes: module.subarray(start, position) });
  }
  return sections;
}

/** A part of the contents. */
interface Segment {
  start: number;
  bytes: Uint8Array;
}

function boundedSegmentsOf(contents: Uint8Array): Segment[] {
  for (let gap = GAP_BYTES; ; gap *= 2) {
    const segments = segmentsOf(contents, gap);
    if (segments.length <= MAX_SEGMENTS) return segments;
  }
}

/** The parts of `contents` between `gap` zeros or more. */
function segmentsOf(contents: Uint8Array, gap: number): Segment[] {
  const segments: Segment[] = [];
  let start = 0;
  let end = 0;
  const add = () => {
    if (end > start) segments.push({ start, bytes: contents.subarray(start, end) });
  };
  for (let index = 0; index < contents.byteLength; index += 1) {
    if (contents[index] === 0) continue;
    if (index - end >= gap) {
      add();
      start = index;
    }
    end = index + 1;
  }
  add();
  return segments;
}

function sized(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([unsigned(bytes.byteLength), bytes]);
}

/** LEB128 of a number that is not negative. */
function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.of(...bytes, rest);
}

/** LEB128, signed, of an `i32`, which an address above 2 GiB is as a negative number. */
function signed(address: number): Uint8Array {
  const bytes: number[] = [];
  let rest = address | 0;
  for (; rest < -0x40 || rest >= 0x40; rest >>= 7) bytes.push((rest & 0x7f) + 0x80);
  return Buffer.of(...bytes, rest & 0x7f);
}
