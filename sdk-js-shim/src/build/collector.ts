/**
 * When the engine collects garbage.
 *
 * The engine has the thresholds of a browser: it begins to collect when 57 MiB of buffers, or 29 MiB of objects, have
 * been allocated, and may take another 64 MiB until it has finished. So an instance grew by that much, however small
 * what it still needs. Nothing sets these thresholds from outside, so they are replaced in the snapshot of its memory.
 * After each collection the engine computes the next ones from what is left, so a large heap is not collected more often.
 */

/** How much is allocated before the engine collects, in bytes. */
const COLLECT_BYTES = 8 * 1024 * 1024;
/** How much may be allocated until a collection that runs in steps must have finished, in bytes. */
const FINISH_BYTES = 4 * 1024 * 1024;

const MIB = 1024 * 1024;

/** The parameters of all collections; the first is {@link FINISH_BYTES}, and then the base for objects. */
const PARAMETERS = words(64 * MIB, 27 * MIB, 100 * MIB, 500 * MIB);
/** Where in {@link PARAMETERS} the base for buffers is, in bytes, and its value. */
const [BUFFERS_OFFSET, BUFFERS_BASE] = [64, words(38 * MIB)];
/** The factors by which the engine multiplies a base. */
const [OBJECTS_FACTOR, BUFFERS_FACTOR] = [14 / 13, 1.5];

/**
 * The first thresholds of a part of the heap, for objects and for buffers: to begin, to have finished, and none for
 * slices. How much is allocated is `usedOffset` bytes before them.
 */
const FIRST = [
  { thresholds: words(0x1d1745d, 0x5d1745d, 0xffffffff), usedOffset: 16 },
  { thresholds: words(57 * MIB, 121 * MIB, 0xffffffff), usedOffset: 12 },
];

/** Lowers the thresholds in a snapshot. An engine that has other thresholds keeps them; a test notices that. */
export function collectSooner(snapshot: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(snapshot);
  const parameters = placesOf(bytes, PARAMETERS);
  const [start = 0] = parameters;
  const buffers = start + BUFFERS_OFFSET;
  const hasBase = bytes.subarray(buffers).indexOf(BUFFERS_BASE) === 0;
  if (parameters.length !== 1 || !hasBase) return snapshot;
  bytes.set(words(FINISH_BYTES, COLLECT_BYTES / OBJECTS_FACTOR), start);
  bytes.set(words(COLLECT_BYTES / BUFFERS_FACTOR), buffers);
  for (const { thresholds, usedOffset } of FIRST) {
    for (const place of placesOf(bytes, thresholds)) {
      // What a program has made while it was built should not make each instance collect at once.
      const begin = Math.max(COLLECT_BYTES, 2 * bytes.readUInt32LE(place - usedOffset));
      if (begin < thresholds.readUInt32LE()) bytes.set(words(begin, begin + FINISH_BYTES), place);
    }
  }
  return bytes;
}

/** Numbers as they are in the memory of the engine. */
function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(Math.trunc(value), index * 4);
  return bytes;
}

function placesOf(bytes: Buffer, wanted: Buffer): number[] {
  const places: number[] = [];
  for (let place = bytes.indexOf(wanted); place !== -1; ) {
    places.push(place);
    place = bytes.indexOf(wanted, place + wanted.byteLength);
  }
  return places;
}
