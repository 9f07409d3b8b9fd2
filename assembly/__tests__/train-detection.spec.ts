import { binaryCrossEntropy, countHits, scoreHistogram } from "../train/detection";
import { replaceTokens, sample } from "../train/sampling";
import { at, put } from "./values";

const LOGITS = memory.data(64);
const LABELS = memory.data(32);
const LOSSES = memory.data(32);
const GRADIENT = memory.data(32);
const IDS = memory.data(32);
const POSITIONS = memory.data(16);
const COUNTS = memory.data(64);

function putIntegers(address: usize, values: StaticArray<i32>): void {
  for (let i = 0; i < values.length; i++) i32.store(address + ((<usize>i) << 2), values[i]);
}

function integer(address: usize, index: i32): i32 {
  return i32.load(address + ((<usize>index) << 2));
}

describe("telling replaced tokens from original ones", () => {
  it("loses log 2 where it can't tell, nothing where the label is −100", () => {
    put(LOGITS, [0, 0, 100, 5]);
    putIntegers(LABELS, [0, 1, 1, -100]);
    binaryCrossEntropy(LOGITS, LABELS, 2, LOSSES, GRADIENT, 0, 0, 4);
    expect(f64.load(LOSSES)).toBeCloseTo(Math.LN2, 12);
    expect(f64.load(LOSSES, 8)).toBeCloseTo(Math.LN2, 12);
    expect(f64.load(LOSSES, 16)).toBeCloseTo(0, 12);
    expect(f64.load(LOSSES, 24)).toBe(0);
    expect(at(GRADIENT, 0)).toBe(1);
    expect(at(GRADIENT, 1)).toBe(-1);
    expect(at(GRADIENT, 2)).toBeCloseTo(0, 6);
    expect(at(GRADIENT, 3)).toBe(0);
  });

  it("counts on in how many rows the label's logit is the largest", () => {
    put(LOGITS, [1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 0, 0, 0, 0, 9]);
    putIntegers(LABELS, [4, 1, -100]);
    putIntegers(COUNTS, [10, 100]);
    countHits(LOGITS, LABELS, COUNTS, 3, 5, 0, 0, 1);
    expect(integer(COUNTS, 0)).toBe(11);
    expect(integer(COUNTS, 1)).toBe(102);
  });

  it("sorts logits into bins, the outermost for all beyond", () => {
    put(LOGITS, [0, -0.001, 100, -100]);
    putIntegers(LABELS, [0, 1, 1, -100]);
    memory.fill(COUNTS, 0, 32);
    scoreHistogram(LOGITS, LABELS, COUNTS, 4, 4, 0, 0, 1);
    expect(integer(COUNTS, 2)).toBe(1); // [0, 2]: 0 begins the upper half
    expect(integer(COUNTS, 5)).toBe(1); // [1, 1]
    expect(integer(COUNTS, 7)).toBe(1); // [1, 3]
    expect(integer(COUNTS, 0)).toBe(0);
  });
});

describe("replacing tokens", () => {
  it("draws what the logits leave no doubt of, in whole vectors and after them", () => {
    put(LOGITS, [0, 0, 1000, 0, 0, 0, 0, 0, 0, 1000]);
    sample(LOGITS, IDS, 2, 5, 1, 2, 0, 0, 2);
    expect(integer(IDS, 0)).toBe(2);
    expect(integer(IDS, 1)).toBe(4);
  });

  it("labels what is another token than before", () => {
    putIntegers(IDS, [5, 6, 7]);
    putIntegers(LABELS, [0, 0, 0]);
    putIntegers(POSITIONS, [2, 0]);
    putIntegers(COUNTS, [9, 5]);
    replaceTokens(POSITIONS, COUNTS, IDS, LABELS, 0, 0, 2);
    expect(integer(IDS, 0)).toBe(5);
    expect(integer(IDS, 1)).toBe(6);
    expect(integer(IDS, 2)).toBe(9);
    expect(integer(LABELS, 0)).toBe(0);
    expect(integer(LABELS, 2)).toBe(1);
  });
});
