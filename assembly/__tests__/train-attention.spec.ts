import { attention, attentionBackward, attentionTrainScratchBytes } from "../train/attention";
import { at, put } from "./values";

const QUERY_KEY_VALUE = memory.data(64);
const OFFSETS = memory.data(16);
const BLOCKS = memory.data(16);
const PROBABILITIES = memory.data(64);
const CONTEXT = memory.data(32);
const CONTEXT_GRADIENT = memory.data(32);
const GRADIENT = memory.data(64);
const SCRATCH = memory.data(2048);

describe("attention of two tokens, then of one, one head of one value", () => {
  beforeEach(() => {
    i32.store(OFFSETS, 0);
    i32.store(OFFSETS, 2, 4);
    i32.store(OFFSETS, 3, 8);
    i32.store(BLOCKS, 0);
    i32.store(BLOCKS, 4, 4);
    i32.store(BLOCKS, 5, 8);
    // query, key and value of each token; a query of 0 asks for everything alike
    put(QUERY_KEY_VALUE, [0, 1, 2, 0, 3, 4, 7, 8, 9]);
    attention(QUERY_KEY_VALUE, OFFSETS, BLOCKS, PROBABILITIES, CONTEXT, 1, 1, 0, 0, 0, SCRATCH, 0, 2);
  });

  it("has room for what it packs", () => {
    expect(attentionTrainScratchBytes(2, 1)).toBeLessThanOrEqual(2048);
  });

  it("averages a sequence's values and no others", () => {
    for (let i = 0; i < 4; i++) expect(at(PROBABILITIES, i)).toBe(0.5);
    expect(at(PROBABILITIES, 4)).toBe(1);
    expect(at(CONTEXT, 0)).toBe(3);
    expect(at(CONTEXT, 1)).toBe(3);
    expect(at(CONTEXT, 2)).toBe(9);
  });

  it("goes back to queries, keys and values", () => {
    put(CONTEXT_GRADIENT, [1, 0, 5]);
    attentionBackward(
      QUERY_KEY_VALUE,
      OFFSETS,
      BLOCKS,
      PROBABILITIES,
      CONTEXT_GRADIENT,
      GRADIENT,
      1,
      1,
      0,
      0,
      0,
      SCRATCH,
      0,
      2,
    );
    expect(at(GRADIENT, 0)).toBeCloseTo(1, 6); // −0.5 · 1 + 0.5 · 3, of the scores' gradients and the keys
    expect(at(GRADIENT, 1)).toBeCloseTo(0, 6);
    expect(at(GRADIENT, 2)).toBeCloseTo(0.5, 6);
    expect(at(GRADIENT, 3)).toBeCloseTo(0, 6);
    expect(at(GRADIENT, 4)).toBeCloseTo(0, 6);
    expect(at(GRADIENT, 5)).toBeCloseTo(0.5, 6);
    expect(at(GRADIENT, 6)).toBeCloseTo(0, 6);
    expect(at(GRADIENT, 7)).toBeCloseTo(0, 6);
    expect(at(GRADIENT, 8)).toBeCloseTo(5, 6);
  });
});
