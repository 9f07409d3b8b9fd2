import assert from "node:assert/strict";
import { test } from "node:test";
import { buildCharacterVocabulary, SPECIAL_TOKENS, tokenizerOver } from "../../src/text/build-vocab.ts";
import { createTokenizer } from "../../src/text/tokenizer.ts";
import { buildWordPieceVocabulary } from "../../src/text/wordpiece-vocab.ts";

const FORM = { do_lower_case: true, strip_accents: null, tokenize_chinese_chars: true };

test("characters come by frequency, then by code, rare ones left out", () => {
  const options = { size: 100, minFrequency: 2, do_lower_case: true };
  assert.deepEqual(buildCharacterVocabulary(["bBaAxc", "Cb𠮷𠮷"], options), [...SPECIAL_TOKENS, ..."bac𠮷"]);
  assert.deepEqual(buildCharacterVocabulary(["bBaA"], { ...options, size: 6 }), [...SPECIAL_TOKENS, "a"]);
  const cased = { ...options, do_lower_case: false, minFrequency: 1 };
  assert.deepEqual(buildCharacterVocabulary(["bB"], cased), [...SPECIAL_TOKENS, "B", "b"]);
});

test("word pieces are joined in the order of their frequency", () => {
  // low ×5, lower ×2, newest ×6, widest ×3: the example of Sennrich et al. 2016, section 3.2, without its word ends.
  const texts = ["low ".repeat(5), "lower lower", "newest ".repeat(6), "widest ".repeat(3)];
  const vocabulary = buildWordPieceVocabulary(texts, { ...FORM, size: 100, minFrequency: 3 });
  assert.deepEqual(vocabulary.slice(0, 5), SPECIAL_TOKENS);
  const characters = vocabulary.slice(5, vocabulary.indexOf("##es"));
  assert.deepEqual(characters, ["##e", "##w", "##s", "##t", "##o", "l", "n", "##d", "##i", "w"]);
  // es and est occur nine times; ow and then low seven; of what occurs six times the first by code points comes first.
  assert.deepEqual(vocabulary.slice(vocabulary.indexOf("##es"), vocabulary.indexOf("##es") + 4), [
    "##es",
    "##est",
    "##ow",
    "low",
  ]);
  assert.ok(vocabulary.includes("newest") && vocabulary.includes("widest") && !vocabulary.includes("lower"));
});

test("a vocabulary of pieces stops at its size, and spells every word of its texts", () => {
  const texts = ["The cats' CATS scattered, Café 北京 cattle", "scat cat cats at that"];
  for (const size of [20, 25, 30, 40]) {
    const vocabulary = buildWordPieceVocabulary(texts, { ...FORM, size, minFrequency: 1 });
    assert.ok(vocabulary.length <= size);
    assert.equal(new Set(vocabulary).size, vocabulary.length);
  }
  const vocabulary = buildWordPieceVocabulary(texts, { ...FORM, size: 60, minFrequency: 1 });
  const tokenizer = createTokenizer(tokenizerOver(vocabulary, "wordpiece", true));
  for (const text of texts) {
    const unknown = vocabulary.indexOf("[UNK]");
    assert.ok(!tokenizer.encode(text).ids.includes(unknown), text);
  }
  assert.ok(vocabulary.includes("cat"));
});

test("the same texts in another order give the same pieces", () => {
  const texts = ["aabb abab bbaa", "abba baab", "aaaa bbbb abab"];
  const options = { ...FORM, size: 40, minFrequency: 1 };
  const vocabulary = buildWordPieceVocabulary(texts, options);
  assert.deepEqual(buildWordPieceVocabulary([...texts].reverse(), options), vocabulary);
});

test("pieces that overlap themselves are counted anew as they are joined", () => {
  const vocabulary = buildWordPieceVocabulary(["aaaaaaa ".repeat(3)], {
    ...FORM,
    size: 100,
    minFrequency: 3,
  });
  // a ##a ×6 → ##aa ×3 behind a, and so on: whatever is joined, each piece spells a run of a's.
  assert.ok(vocabulary.slice(5).every((piece) => /^(##)?a+$/u.test(piece)));
  assert.ok(vocabulary.includes("aaaaaaa"));
});
