import assert from "node:assert/strict";
import { test } from "node:test";
import { replaceMemory } from "../dist/build/rehearsal/module.js";

const PAGE_BYTES = 64 * 1024;

/** A module that exports a memory of one page, which begins with a segment, and a function that returns 7. */
const MODULE = Buffer.from(
  [
    "0061736d01000000", // header
    "0105016000017f", // a type: no parameters, one i32
    "03020100", // a function of it
    "0503010001", // a memory of one page
    "070902016d0200016600" + "00", // exports m and f
    "0c0101", // one segment
    "0a0601040041070b", // the code of f
    "0b0901004104" + "0b" + "03010203", // the segment at 4
  ].join(""),
  "hex",
);

function contentsOf(nPages, values) {
  const contents = new Uint8Array(nPages * PAGE_BYTES);
  for (const [address, value] of values) contents[address] = value;
  return contents;
}

// Addresses and lengths around the limits of LEB128, where an encoder that is wrong shows.
const ADDRESSES = [0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 8191, 8192, 16383, 16384, 65535];

for (const [name, contents] of [
  ["nothing but zeros", contentsOf(1, [])],
  [
    "single bytes",
    contentsOf(
      1,
      ADDRESSES.map((address) => [address, address % 255 || 255]),
    ),
  ],
  [
    "one byte each 40 bytes",
    contentsOf(
      1,
      Array.from({ length: 1600 }, (_, i) => [i * 40, 1]),
    ),
  ],
  ["no zeros", new Uint8Array(PAGE_BYTES).fill(0xff)],
  [
    "a memory that has grown",
    contentsOf(130, [
      [0, 1],
      [129 * PAGE_BYTES, 2],
      [130 * PAGE_BYTES - 1, 3],
    ]),
  ],
]) {
  test(`the memory of a module is replaced: ${name}`, async () => {
    const module = replaceMemory(MODULE, contents);
    const { instance } = await WebAssembly.instantiate(module);
    const memory = new Uint8Array(instance.exports.m.buffer);
    assert.equal(memory.byteLength, contents.byteLength);
    assert.equal(Buffer.compare(memory, contents), 0);
    assert.equal(instance.exports.f(), 7);
  });
}

test("zeros take no bytes in the module", () => {
  const contents = contentsOf(100, [[50 * PAGE_BYTES, 1]]);
  assert(replaceMemory(MODULE, contents).byteLength < MODULE.byteLength + 10);
});
