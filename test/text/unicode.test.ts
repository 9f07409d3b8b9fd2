import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decompose,
  isChinese,
  isControl,
  isMark,
  isPunctuation,
  isWhitespace,
} from "../../src/text/unicode.ts";
import { fixture } from "./tokenizers.ts";

type Class = "control" | "whitespace" | "chinese" | "punctuation" | "mark";
const CLASSES: Record<Class, (codePoint: number) => boolean> = {
  control: isControl,
  whitespace: isWhitespace,
  chinese: isChinese,
  punctuation: isPunctuation,
  mark: isMark,
};
const golden = fixture<Record<Class, [first: number, last: number][]>>("text-unicode.json");

for (const name of Object.keys(CLASSES) as Class[]) {
  test(`every code point is ${name} where it is in the Rust tokenizers`, () => {
    const expected = new Uint8Array(0x110000);
    for (const [first, last] of golden[name]) expected.fill(1, first, last + 1);
    // Rust's strings have no surrogates; cleaning the text must drop them.
    if (name === "control") expected.fill(1, 0xd800, 0xe000);
    for (let codePoint = 0; codePoint < expected.length; codePoint++) {
      if (CLASSES[name](codePoint) !== (expected[codePoint] === 1)) {
        assert.fail(`U+${codePoint.toString(16)} must ${expected[codePoint] ? "" : "not "}be ${name}`);
      }
    }
  });
}

test("decomposition is NFD, but for what Unicode added after Rust's tables", () => {
  assert.equal(decompose(0xe9), "e\u0301");
  assert.equal(decompose(0xd55c), "\u1112\u1161\u11ab");
  assert.equal(decompose(0x2f800), "丽");
  for (const later of [0x105c9, 0x11938, 0x113c8, 0x16124, 0x16d69]) {
    assert.equal(decompose(later), String.fromCodePoint(later));
  }
});
