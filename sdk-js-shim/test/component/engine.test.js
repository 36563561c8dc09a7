import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, test } from "node:test";
import { writeComponent } from "../../dist/build/component.js";
import { guest, request } from "./harness.js";

let component;

before(async () => {
  const { entry, output } = await guest("engine");
  const code = await readFile(entry, "utf8");
  const map = '{"sources":[],"mappings":""}';
  await writeComponent(
    { code, map, folder: ".", inputs: [], interfaces: ["fermyon:spin/http"], backend: "spin" },
    output,
    performance.now(),
  );
  component = output;
});

// If one of these fails, the engine has the feature: remove the polyfill here and in src/polyfill.ts.
for (const [path, polyfill] of [
  ["/stream-iterator", "polyfillStreamIterator"],
  ["/stream-tee", "polyfillStreamTee"],
  ["/abort-without-reason", "polyfillAbort"],
  ["/any-of-aborted", "polyfillAbort"],
  ["/throw-if-aborted", "polyfillAbort"],
  ["/can-parse", "polyfillUrl"],
  ["/stream-from", "polyfillStreamFrom"],
  ["/stream-classes", "polyfillStreamClasses"],
  ["/timeout-message", "polyfillAbortTimeout"],
  ["/base64-error", "polyfillBase64"],
  ["/cancel-bubble", "polyfillCancelBubble"],
  ["/globals", "polyfillGlobals"],
  ["/normalize", "completeStrings"],
  ["/locale", "completeLocales"],
  ["/microtask", "reportFromCallbacks"],
  ["/origin", "thawPerformance"],
  ["/generate-key", "completeSubtle"],
]) {
  test(`component: the engine still needs ${polyfill}, for ${path}`, async () => {
    const { body, error } = await request(component, path);
    assert(body === "missing" || error, `got ${body}: ${polyfill} can go`);
  });
}
