import { adamW } from "../train/optimizer";
import { rootOfSum, sum, sumOfSquares } from "../train/sums";
import { at, put } from "./values";

const X = memory.data(32);
const GRADIENT = memory.data(32);
const FIRST = memory.data(32);
const SECOND = memory.data(32);
const NORM = memory.data(16);
const SQUARES = memory.data(16);

/** A step of 0.1 of five equal values, without bias correction. */
function step(weightDecay: f64, clipNorm: f64): void {
  adamW(X, GRADIENT, FIRST, SECOND, 5, 0.1, 0.9, 0.99, 1, weightDecay, 1, 1, clipNorm, NORM, 0, 0, 1);
}

function expectAll(values: usize, expected: f32): void {
  for (let i = 0; i < 5; i++) expect(at(values, i)).toBeCloseTo(expected, 6);
}

describe("adamW", () => {
  beforeEach(() => {
    put(X, [1, 1, 1, 1, 1]);
    put(GRADIENT, [2, 2, 2, 2, 2]);
    put(FIRST, [1, 1, 1, 1, 1]);
    put(SECOND, [4, 4, 4, 4, 4]);
    put(NORM, [20]);
  });

  it("steps by the mean of gradients over the root of the mean of squares", () => {
    step(0, 100);
    expectAll(FIRST, 1.1); // 0.9 · 1 + 0.1 · 2
    expectAll(SECOND, 4); // 0.99 · 4 + 0.01 · 4
    expectAll(X, <f32>(1 - 0.11 / 3)); // an epsilon of 1 is added to the root
  });

  it("decays the weights apart from the gradient", () => {
    step(0.5, 100);
    expectAll(X, <f32>(0.95 - 0.11 / 3));
  });

  it("scales gradients down to the norm that they may have", () => {
    put(GRADIENT, [20, 20, 20, 20, 20]);
    step(0, 2);
    expectAll(FIRST, 1.1);
    expectAll(SECOND, 4);
  });

  it("leaves everything as it is where the norm is none", () => {
    put(NORM, [NaN]);
    step(0.5, 100);
    expectAll(X, 1);
    expectAll(FIRST, 1);
    expectAll(SECOND, 4);
  });
});

describe("sums in f64", () => {
  it("make the norm of all values", () => {
    put(X, [3, 4, 0, 0, 12]);
    sumOfSquares(X, 5, SQUARES, 0, 0, 1);
    expect(f64.load(SQUARES)).toBe(169);
    rootOfSum(SQUARES, 1, NORM, 0, 0, 1);
    expect(at(NORM, 0)).toBe(13);
    sum(SQUARES, 1, NORM, 0, 0, 1);
    expect(at(NORM, 0)).toBe(169);
  });
});
