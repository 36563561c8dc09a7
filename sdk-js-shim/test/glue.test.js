import assert from "node:assert/strict";
import { test } from "node:test";
import { trimGlue } from "../dist/build/glue.js";
import { loadSplicer, readEngine } from "../dist/build/splicer.js";
import { BACKENDS, interfacesOf, readWorld, WORLD_NAME } from "../dist/build/world.js";

for (const backend of BACKENDS) {
  test(`the code that calls the host over ${backend} has nothing left that only costs time`, async () => {
    const world = await readWorld(backend, interfacesOf(backend));
    const splicer = await loadSplicer();
    const { jsBindings } = splicer.spliceBindings(
      await readEngine(),
      ["stdio", "clocks", "random"],
      world,
      undefined,
      WORLD_NAME,
      false,
    );
    assert.match(jsBindings, /_debugLog\(/);
    const trimmed = trimGlue(jsBindings);
    const left =
      /^.*(?:_debugLog|FinalizationRegistry|finalizationRegistry|helper\(|codepoints|Handle, \{|dataView\(\$memory\)\.|isArray\(val|ComponentError extends|AndEncode\(tuple).*$/m;
    assert.equal(left.exec(trimmed)?.[0], undefined);
    // What the engine runs is still a program.
    new Function(trimmed);
  });
}
