import { crfBackward, crfForward, crfMarginals, crfStride, crfViterbi } from "../crf";
import { at, put } from "./values";

const EMISSIONS = memory.data(32);
const START = memory.data(16);
const TRANSITIONS = memory.data(32);
const TRANSPOSED = memory.data(32);
const END = memory.data(16);
const FORWARD = memory.data(32);
const BACKWARD = memory.data(32);
const MARGINALS = memory.data(32);
const PATH = memory.data(8);

describe("a CRF of two labels and two steps", () => {
  beforeEach(() => {
    // Scores of the paths: 0 0 is 1, 0 1 is 1 − 2 + 2, 1 0 is 0, 1 1 is 2.
    put(EMISSIONS, [1, 0, 0, 2]);
    put(TRANSITIONS, [0, -2, NaN, NaN, 0, 0, NaN, NaN]);
    put(TRANSPOSED, [0, 0, NaN, NaN, -2, 0, NaN, NaN]);
    put(START, [0, 0, NaN, NaN]);
    put(END, [0, 0, NaN, NaN]);
  });

  it("pads rows to four labels", () => {
    expect(crfStride(2)).toBe(4);
    expect(crfStride(4)).toBe(4);
    expect(crfStride(5)).toBe(8);
  });

  it("finds the best path and its score", () => {
    expect(crfViterbi(EMISSIONS, START, TRANSITIONS, END, FORWARD, PATH, 2, 2)).toBe(2);
    expect(i32.load(PATH)).toBe(1);
    expect(i32.load(PATH, 4)).toBe(1);
  });

  it("lets the label that comes first win a tie, from the last step back", () => {
    put(EMISSIONS, [1, 0, 0, 1]); // 0 0 and 1 1 are both 1
    expect(crfViterbi(EMISSIONS, START, TRANSITIONS, END, FORWARD, PATH, 2, 2)).toBe(1);
    expect(i32.load(PATH)).toBe(0);
    expect(i32.load(PATH, 4)).toBe(0);
  });

  it("sums over all paths, forward and backward, and shares them out among the labels", () => {
    const z = 2 * Math.exp(1) + 1 + Math.exp(2);
    const forward = crfForward(EMISSIONS, START, TRANSITIONS, END, FORWARD, 2, 2);
    const backward = crfBackward(EMISSIONS, START, TRANSPOSED, END, BACKWARD, 2, 2);
    expect(forward).toBeCloseTo(Math.log(z), 6);
    expect(backward).toBeCloseTo(Math.log(z), 6);
    crfMarginals(EMISSIONS, FORWARD, BACKWARD, MARGINALS, 2, 2);
    expect(at(MARGINALS, 0)).toBeCloseTo(<f32>((2 * Math.exp(1)) / z), 6);
    expect(at(MARGINALS, 1)).toBeCloseTo(<f32>((1 + Math.exp(2)) / z), 6);
    expect(at(MARGINALS, 2)).toBe(0);
    expect(at(MARGINALS, 4)).toBeCloseTo(<f32>((Math.exp(1) + 1) / z), 6);
    expect(at(MARGINALS, 5)).toBeCloseTo(<f32>((Math.exp(1) + Math.exp(2)) / z), 6);
  });

  it("never takes a forbidden step", () => {
    put(TRANSITIONS, [0, -2, NaN, NaN, 0, -Infinity, NaN, NaN]);
    put(TRANSPOSED, [0, 0, NaN, NaN, -2, -Infinity, NaN, NaN]);
    put(START, [-Infinity, 0, NaN, NaN]); // leaves 1 0 alone
    expect(crfViterbi(EMISSIONS, START, TRANSITIONS, END, FORWARD, PATH, 2, 2)).toBe(0);
    expect(i32.load(PATH)).toBe(1);
    expect(i32.load(PATH, 4)).toBe(0);
    expect(crfForward(EMISSIONS, START, TRANSITIONS, END, FORWARD, 2, 2)).toBe(0);
    expect(crfBackward(EMISSIONS, START, TRANSPOSED, END, BACKWARD, 2, 2)).toBe(0);
    crfMarginals(EMISSIONS, FORWARD, BACKWARD, MARGINALS, 2, 2);
    expect(at(MARGINALS, 0)).toBe(0);
    expect(at(MARGINALS, 1)).toBe(1);
    expect(at(MARGINALS, 4)).toBe(1);
    expect(at(MARGINALS, 5)).toBe(0);
  });
});
