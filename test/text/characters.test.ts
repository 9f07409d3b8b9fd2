import assert from "node:assert/strict";
import { test } from "node:test";
import { fixture, hostileText, OPTIONS, readVocab, seededRandom, tokenizer, tokensOf } from "./tokenizers.ts";

const WAYBILL_VOCAB = readVocab(new URL("../fixtures/waybill-made-up/vocab.txt", import.meta.url));
const SMALL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "A", "中", "👍", " ", "i", "σ", "i\u0307"];

test("the made-up waybills get the ids that PyTorch was given", () => {
  const rows = fixture<{ text: string; ids: number[] }[]>("waybill-made-up/expected.json");
  assert.equal(rows.length, 200);
  const { encode } = tokenizer("characters", WAYBILL_VOCAB);
  for (const { text, ids } of rows) assert.deepEqual([...encode(text).ids], ids, text);
});

test("every code point is one token and one word, at its UTF-16 offsets", () => {
  const { encode } = tokenizer("characters", SMALL);
  assert.deepEqual(tokensOf(encode("A 👍中\u0301")), [
    [5, 0, 1, 0],
    [9, 1, 2, 1],
    [8, 2, 4, 2],
    [7, 4, 5, 3],
    [1, 5, 6, 4],
  ]);
});

test("[CLS] stands before the text and [SEP] behind it, also without any text", () => {
  const { encode } = tokenizer("characters", SMALL);
  const { ids, start, end, word } = encode("中");
  assert.deepEqual(
    [[...ids], [...start], [...end], [...word]],
    [
      [2, 7, 3],
      [0, 0, 1],
      [0, 1, 1],
      [-1, 0, -1],
    ],
  );
  const empty = encode("");
  assert.deepEqual(
    [[...empty.ids], [...empty.start], [...empty.end]],
    [
      [2, 3],
      [0, 0],
      [0, 0],
    ],
  );
});

test("letters are lower-cased one by one, and only where the model asks for it", () => {
  const lower = tokenizer("characters", SMALL);
  const cased = tokenizer("characters", SMALL, OPTIONS[2]);
  assert.deepEqual(
    tokensOf(lower.encode("aA")).map(([id]) => id),
    [5, 5],
  );
  assert.deepEqual(
    tokensOf(cased.encode("aA")).map(([id]) => id),
    [5, 6],
  );
  // Lower-cased as a whole, the last letter of ΑΣ would be ς; and İ becomes two code points, still one token.
  assert.deepEqual(
    tokensOf(lower.encode("ΑΣ")).map(([id]) => id),
    [1, 11],
  );
  assert.deepEqual(tokensOf(lower.encode("İ")), [[12, 0, 1, 0]]);
});

test("special tokens written in the text are characters like any other", () => {
  const { encode } = tokenizer("characters", SMALL);
  assert.deepEqual(
    tokensOf(encode("[MASK]")).map(([id]) => id),
    [1, 1, 5, 1, 1, 1],
  );
});

test("hostile strings give a token per code point", () => {
  const { encode } = tokenizer("characters", SMALL);
  const random = seededRandom(3);
  for (let i = 0; i < 2000; i++) {
    const text = hostileText(random);
    const { start, end } = encode(text);
    const cut = Array.from(start, (at, token) => text.slice(at, end[token]));
    assert.deepEqual(cut, ["", ...text, ""]);
  }
});
