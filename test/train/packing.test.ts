import assert from "node:assert/strict";
import { test } from "node:test";
import { tokenizerOver } from "../../src/text/build-vocab.ts";
import { createTokenizer } from "../../src/text/tokenizer.ts";
import { type Packing, packDocuments } from "../../src/train/packing.ts";

const LETTERS = [..."甲乙丙丁戊己庚辛壬癸。天地人abc"];
const tokenizer = createTokenizer(
  tokenizerOver(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...LETTERS], "characters", true),
);
const [CLS, SEP] = [2, 3];

const packing = (settings: Partial<Packing> = {}): Packing => ({
  tokenizer,
  maxLength: 20,
  wholeWords: false,
  seed: 1,
  ...settings,
});

/** Sentences of 1 to 9 characters. */
function documentOf(sentences: number, first: number): string {
  return Array.from({ length: sentences }, (_, i) => {
    const length = 1 + ((i * 7 + first) % 9);
    return `${Array.from({ length }, (_, j) => LETTERS[(first + i * 3 + j) % 10]).join("")}。`;
  }).join("");
}

const decode = (ids: Int32Array) =>
  Array.from(ids)
    .filter((id) => id !== CLS && id !== SEP)
    .map((id) => tokenizer.token(id))
    .join("");

const documents = Array.from({ length: 300 }, (_, i) => documentOf(1 + (i % 23), i));

test("every document's text is in its sequences, whole and in order, and none has text of two", () => {
  const sequences = packDocuments(documents, packing());
  for (const [i, document] of documents.entries()) {
    const own = sequences.filter(({ line }) => line === i + 1);
    assert.equal(own.map(({ inputIds }) => decode(inputIds)).join(""), document);
  }
});

test("sequences are [CLS] and one or two segments, each with its [SEP], and no longer than they may be", () => {
  const sequences = packDocuments(documents, packing());
  for (const { inputIds, firstSegment } of sequences) {
    assert.ok(inputIds.length >= 3 && inputIds.length <= 20);
    const separators = [...inputIds.keys()].filter((i) => inputIds[i] === SEP);
    const expected =
      firstSegment === inputIds.length ? [inputIds.length - 1] : [firstSegment - 1, inputIds.length - 1];
    assert.deepEqual(separators, expected);
    assert.equal(inputIds.indexOf(CLS), 0);
    assert.equal(inputIds.lastIndexOf(CLS), 0);
  }
});

test("the second segment begins with a sentence, about halfway; one in ten has none, and one in twenty is short", () => {
  const long = Array.from({ length: 50 }, (_, i) => documentOf(400, i));
  const sequences = packDocuments(long, packing({ maxLength: 64 }));
  const whole = sequences.filter(({ inputIds }) => inputIds.length === 64);
  let [single, halfway] = [0, 0];
  for (const { inputIds, firstSegment } of whole) {
    if (firstSegment === 64) {
      single++;
      continue;
    }
    assert.equal(tokenizer.token(inputIds[firstSegment - 2]), "。");
    halfway += firstSegment - 2;
  }
  const share = single / whole.length;
  assert.ok(Math.abs(share - 0.1) < 4 * Math.sqrt(0.09 / whole.length), `${share} of ${whole.length}`);
  const short = 1 - whole.length / sequences.length;
  assert.ok(short > 0.03 && short < 0.09, `${short} are short, a document's last among them`);
  const mean = halfway / (whole.length - single);
  assert.ok(mean > 24 && mean < 34, `${mean} tokens are in the first of two segments`);
});

test("a sentence that just fills the first half leaves the next to the second segment", () => {
  // Eleven tokens of text fit into 14; five are half of them.
  const sequences = packDocuments(Array(1000).fill("甲乙丙丁。戊己庚辛。"), packing({ maxLength: 14 }));
  const whole = sequences.filter(({ inputIds }) => inputIds.filter((id) => id > SEP).length === 10);
  assert.ok(whole.length > 900);
  const halved = whole.filter(({ firstSegment }) => firstSegment === 7).length / whole.length;
  assert.ok(Math.abs(halved - 0.9) < 4 * Math.sqrt(0.09 / whole.length), `${halved} of ${whole.length}`);
});

test("a document of one sentence has one segment, and fills its sequences", () => {
  const text = Array.from({ length: 90 }, (_, i) => LETTERS[i % 10]).join("");
  const sequences = packDocuments(Array(30).fill(text), packing());
  const full = sequences.filter(({ inputIds }) => inputIds.length === 20);
  assert.ok(full.length > 100);
  for (const { inputIds, firstSegment } of sequences) assert.equal(firstSegment, inputIds.length);
});

test("lines without text are passed over, and counted", () => {
  const sequences = packDocuments(["", "甲乙。", "", "丙。"], packing());
  assert.deepEqual(
    sequences.map(({ line }) => line),
    [2, 4],
  );
});

test("the same seed cuts the same sequences, another seed others", () => {
  const cut = (seed: number) =>
    JSON.stringify(packDocuments(documents, packing({ seed })).map(({ inputIds }) => [...inputIds]));
  assert.equal(cut(4), cut(4));
  assert.notEqual(cut(4), cut(5));
});

test("tokens know their words, and those that belong to none", () => {
  const [sequence] = packDocuments(["天地 abc 人"], packing({ wholeWords: true, maxLength: 64 }));
  const { inputIds, words } = sequence!;
  assert.equal(words!.length, inputIds.length);
  assert.deepEqual([words![0], words!.at(-1)], [-1, -1]);
  const wordOf = (character: string) => words![inputIds.indexOf(5 + LETTERS.indexOf(character))];
  assert.equal(wordOf("a"), wordOf("b"));
  assert.equal(wordOf("a"), wordOf("c"));
  assert.notEqual(wordOf("a"), wordOf("人"));
  assert.equal(packDocuments(["天地"], packing())[0]!.words, undefined);
});

test("sequences of the shortest length go on from one token to the next", () => {
  for (const maxLength of [3, 4, 5, 6]) {
    const sequences = packDocuments(["甲乙丙丁。戊己。庚辛壬癸"], packing({ maxLength }));
    assert.equal(sequences.map(({ inputIds }) => decode(inputIds)).join(""), "甲乙丙丁。戊己。庚辛壬癸");
    for (const { inputIds } of sequences) assert.ok(inputIds.length <= maxLength);
  }
});
