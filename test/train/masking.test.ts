import assert from "node:assert/strict";
import { test } from "node:test";
import { type Masking, maskTokens, type Sequence } from "../../src/train/masking.ts";

const MASK = 4;
const MASKING: Masking = { probability: 0.15, maskId: MASK, specialIds: new Set([0, 2, 3, MASK]) };

/** [CLS] and [SEP] around tokens that are all different. */
const sequenceOf = (length: number): Sequence => ({
  inputIds: Int32Array.from({ length }, (_, i) => (i === 0 ? 2 : i === length - 1 ? 3 : 100 + i)),
  firstSegment: length,
});

test("15 % of a sequence's tokens are masked, one at least", () => {
  for (const [length, expected] of [
    [3, 1],
    [9, 1],
    [10, 2],
    [20, 3],
    [128, 19],
    [512, 77],
  ] as const) {
    for (let seed = 1; seed <= 20; seed++) {
      const { inputIds, maskedPositions } = maskTokens(sequenceOf(length), MASKING, seed, 0);
      assert.equal(maskedPositions.length, expected, `of ${length}`);
      assert.deepEqual(maskedPositions, Int32Array.from(new Set(maskedPositions)).sort());
      for (const position of maskedPositions) assert.ok(inputIds[position] >= 100);
    }
  }
});

test("85 % of masked tokens are shown as [MASK], the others as they are; nothing else changes", () => {
  let [masked, shown] = [0, 0];
  const sequence = sequenceOf(128);
  for (let row = 0; row < 500; row++) {
    const { inputIds, maskedPositions, maskedIds } = maskTokens(sequence, MASKING, 77, row);
    assert.equal(inputIds, sequence.inputIds);
    const places = new Set(maskedPositions);
    for (const [position, id] of maskedIds.entries()) {
      if (id === inputIds[position]) continue;
      assert.ok(places.has(position) && id === MASK);
      shown++;
    }
    masked += maskedPositions.length;
  }
  assert.equal(masked, 500 * 19);
  // Four deviations of a binomial distribution.
  assert.ok(Math.abs(shown / masked - 0.85) < 4 * Math.sqrt((0.85 * 0.15) / masked), `${shown / masked}`);
});

test("every place is masked as often as any other", () => {
  const counts = new Array(128).fill(0);
  for (let seed = 0; seed < 4000; seed++) {
    for (const position of maskTokens(sequenceOf(128), MASKING, seed, 3).maskedPositions) counts[position]++;
  }
  assert.equal(counts[0] + counts[127], 0);
  const expected = (4000 * 19) / 126;
  const chiSquare = counts.slice(1, -1).reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  assert.ok(chiSquare < 181, `χ² = ${chiSquare}`); // 0.1 % of the distribution of 125 degrees of freedom lies beyond
});

test("masks are the same for a seed and row, and others for any other", () => {
  const masked = (seed: number, row: number) => {
    const { maskedPositions, maskedIds } = maskTokens(sequenceOf(128), MASKING, seed, row);
    return JSON.stringify([...maskedPositions, ...maskedIds]);
  };
  assert.equal(masked(5, 1), masked(5, 1));
  assert.equal(new Set([masked(5, 1), masked(5, 2), masked(6, 1), masked(6, 2)]).size, 4);
});

test("tokens without anything that may be masked are left alone", () => {
  const special = { inputIds: Int32Array.of(2, MASK, 0, 3), firstSegment: 4 };
  const { maskedPositions, maskedIds } = maskTokens(special, MASKING, 1, 0);
  assert.equal(maskedPositions.length, 0);
  assert.deepEqual(maskedIds, special.inputIds);
});

test("whole words are masked where they fit into the share", () => {
  const sequence = sequenceOf(42);
  // Words of 1, 2, 3 and 4 tokens in turn; [CLS] and [SEP] belong to none.
  const words = Int32Array.from({ length: 42 }, (_, i) =>
    i === 0 || i === 41 ? -1 : [0, 1, 1, 2, 2, 2, 3, 3, 3, 3][(i - 1) % 10] + 4 * Math.floor((i - 1) / 10),
  );
  const lengths = new Set<number>();
  for (let seed = 0; seed < 300; seed++) {
    const { maskedPositions } = maskTokens({ ...sequence, words }, MASKING, seed, 0);
    assert.ok(maskedPositions.length >= 1 && maskedPositions.length <= 6);
    lengths.add(maskedPositions.length);
    const masked = new Set(maskedPositions);
    for (const position of maskedPositions) {
      for (const [other, word] of words.entries()) {
        if (word === words[position]) assert.ok(masked.has(other), `word ${word} is masked in part`);
      }
    }
  }
  assert.ok(lengths.has(6));
  assert.ok(!lengths.has(1)); // a second word fits whatever the first was
});

test("a word longer than the share is masked where it comes first, so that there is something to learn", () => {
  const sequence = sequenceOf(8);
  const words = Int32Array.of(-1, 0, 0, 0, 0, 0, 0, -1);
  assert.equal(maskTokens({ ...sequence, words }, MASKING, 1, 0).maskedPositions.length, 6);
});
