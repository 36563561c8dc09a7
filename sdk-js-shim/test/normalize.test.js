import assert from "node:assert/strict";
import { test } from "node:test";
import { normalizationTable } from "../dist/build/normalization.js";
import { normalize } from "../dist/normalize.js";

const table = normalizationTable();
const FORMS = ["NFC", "NFD", "NFKC", "NFKD"];

/** The strings that are normalized other than by Node, with the form. */
function differences(texts) {
  const found = [];
  for (const text of texts) {
    for (const form of FORMS) {
      const [got, want] = [normalize(text, form, table), text.normalize(form)];
      if (got !== want)
        found.push({
          form,
          text: JSON.stringify(text),
          got: JSON.stringify(got),
          want: JSON.stringify(want),
        });
    }
  }
  return found.slice(0, 20);
}

test("native: every character is normalized as by Node, alone and between others", () => {
  function* texts() {
    for (let code = 0; code <= 0x10ffff; code += 1) {
      const character = String.fromCodePoint(code);
      yield character;
      if (code < 0x3000) yield `a\u0300${character}\u0323\u1161`;
    }
  }
  assert.deepEqual(differences(texts()), []);
});

test("native: random sequences of characters that combine are normalized as by Node", () => {
  const parts = [
    ..."aAeoıſﬁÅ\u1100\u1161\u11a8가각\u0300\u0301\u0307\u0323\u0334\u0345\u05b0\u3099かが\u0b47\u0b3e\u{110b9}\u{110ba}",
  ];
  let seed = 7;
  const pick = () => {
    seed = (seed * 48271) % 0x7fffffff;
    return parts[seed % parts.length];
  };
  const texts = Array.from({ length: 20_000 }, () => Array.from({ length: 6 }, pick).join(""));
  assert.deepEqual(differences(texts), []);
});
