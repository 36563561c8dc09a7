/**
 * The code that componentize-js generates to call the host, and for the host to call the program.
 *
 * The engine interprets it, so what each call does besides the call takes most of its time. What is removed here
 * changes nothing that a program can observe, but for one thing: a resource of the host that nothing disposes of
 * stays until the instance ends. The SDK disposes of its own.
 */

/** What is replaced, each wherever it occurs. A world without resources has none of theirs. */
const REPLACEMENTS: readonly [pattern: RegExp, replacement: string][] = [
  // The log of jco, which reads an environment variable to learn that it is off.
  [/^const _debugLog = [\s\S]*?^};\n/m, ""],
  [/^ *_debugLog\((?:"[^"]*"|'[^']*')(?:, \{[^}]*\})?\);\n/gm, ""],
  // What disposes of resources that the collector finds.
  [/^const finalizationRegistry_[\s\S]*?^\}\);\n/gm, ""],
  [/^ *finalizationRegistry_\S+\.(?:un)?register\(.*\);\n/gm, ""],
  [
    /Object\.defineProperty\((\w+), symbolRscHandle, \{ writable: true, value: (\w+) *\}\)/g,
    "$1[symbolRscHandle] = $2",
  ],
  // A function that each call of a method makes.
  [
    /^ {2}(\w+)\([^()]*\) \{\n {4}function helper\((arg0)(?:, )?([^()]*)\) \{\n([\s\S]*?)^ {4}\}\n {4}return helper\(this[^()]*\);\n/gm,
    "  $1($3) {\n    const $2 = this;\n$4",
  ],
  // The view of the memory: a call of a function for each value that is read or written.
  [/\bdataView\(\$memory\)\./g, "(dv.buffer === $memory.buffer ? dv : dataView($memory))."],
  // The case of an array of numbers, which the SDK never passes.
  [
    /^( *)var (len\d+) = Array\.isArray\((val\d+)\) \? [^;]*;\n *var (ptr\d+) = ([^;]*);\n\s*let valData\d+;\n[\s\S]*?^\1\} else \{\n[\s\S]*?^\1\}\n/gm,
    "$1var $2 = $3.byteLength;\n$1var $4 = $5;\n$1new Uint8Array($memory.buffer, $4, $2).set($3);\n",
  ],
  // Two allocations, and four views of the memory, for each header field: a name, and a value of text or of bytes.
  [
    /var \[\w+, \w+\] = e;\s*var encodeRes = (?:(?!var val)[\s\S])*?var encodeRes = (?:(?!var val)[\s\S])*?setUint32\(base \+ 8, ptr\d+, true\);\n/g,
    lowerField("TEXT_ENCODER_UTF8.encode(e[1])"),
  ],
  [
    /var \[\w+, \w+\] = e;\s*var encodeRes = (?:(?!var encodeRes)[\s\S])*?var val\d+ = (?:(?!var encodeRes)[\s\S])*?setUint32\(base \+ 8, ptr\d+, true\);\n/g,
    lowerField("e[1]"),
  ],
  // The promise of an export that only awaits that of the program.
  [
    /^async (function export_(?:(?!^\}).*\n)*?) *let ret;\n\s*ret = await (.*;)\n *return;\n/gm,
    "$1  return $2\n",
  ],
  // The stack of an error that only says which case of a `result` it is.
  [
    /^class ComponentError extends Error \{[\s\S]*?^\}\n/m,
    `class ComponentError {
  constructor(payload) { this.payload = payload; }
  get message() { return typeof this.payload === 'string' ? this.payload : String(this.payload) + ' (see error.payload)'; }
}
Object.setPrototypeOf(ComponentError.prototype, Error.prototype);
`,
  ],
  // A loop over the characters, to know the length of the text in UTF-8.
  [
    /^function _utf8AllocateAndEncode[\s\S]*?^\}\n/m,
    `function _utf8AllocateAndEncode(s, realloc, memory) {
  if (typeof s !== 'string') {
    throw new TypeError('expected a string, received [' + typeof s + ']');
  }
  if (s.length === 0) { return { ptr: 1, len: 0 }; }
  const bytes = TEXT_ENCODER_UTF8.encode(s);
  const len = bytes.byteLength;
  const ptr = realloc(0, 0, 1, len);
  new Uint8Array(memory.buffer, ptr, len).set(bytes);
  return { ptr, len };
}
`,
  ],
];

/** Code that writes a pair `e` to the address `base`. `value` is an expression of the bytes of its value. */
function lowerField(value: string): string {
  return `
    const name = TEXT_ENCODER_UTF8.encode(e[0]);
    const value = ${value};
    const length = name.byteLength + value.byteLength;
    const address = $realloc(0, 0, 1, length);
    const field = new Uint8Array($memory.buffer, address, length);
    field.set(name);
    field.set(value, name.byteLength);
    const words = [address, name.byteLength, address + name.byteLength, value.byteLength];
    new Uint32Array($memory.buffer, base, 4).set(words);
`;
}

/** Removes what takes time from the code between the program and the host. Code of another version is left as it is. */
export function trimGlue(code: string): string {
  const replace = (code: string, [pattern, replacement]: (typeof REPLACEMENTS)[number]) =>
    code.replace(pattern, replacement);
  return REPLACEMENTS.reduce(replace, code);
}
