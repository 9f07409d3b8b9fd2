import { columnSums } from "../train/columns";
import { gather, scatterAdd } from "../train/gather";
import { layerNorm, layerNormBackward, layerNormParametersBackward } from "../train/layernorm";
import { at, put } from "./values";

const X = memory.data(64);
const GAMMA = memory.data(32);
const BETA = memory.data(32);
const OUT = memory.data(64);
const STATISTICS = memory.data(16);
const GRADIENT = memory.data(64);
const IDS = memory.data(16);

describe("layerNorm and its way back", () => {
  beforeEach(() => {
    put(X, [1, 1, 1, 5]); // mean 2, variance 3; with an epsilon of 1 the root is 2
    put(GAMMA, [2, 2, 2, 2]);
    put(BETA, [0, 0, 0, 10]);
    layerNorm(X, GAMMA, BETA, OUT, STATISTICS, 1, 4, 1, 0, 0, 1);
  });

  it("keeps each row's mean and 1 / deviation", () => {
    expect(at(STATISTICS, 0)).toBe(2);
    expect(at(STATISTICS, 1)).toBe(0.5);
    expect(at(OUT, 0)).toBeCloseTo(-1, 6);
    expect(at(OUT, 3)).toBeCloseTo(13, 6);
  });

  it("takes from the gradient its mean and its share along the row", () => {
    put(GRADIENT, [1, 0, 0, 0]);
    layerNormBackward(X, GAMMA, STATISTICS, GRADIENT, OUT, 1, 4, 0, 0, 1);
    expect(at(OUT, 0)).toBeCloseTo(0.6875, 6);
    expect(at(OUT, 1)).toBeCloseTo(-0.3125, 6);
    expect(at(OUT, 2)).toBeCloseTo(-0.3125, 6);
    expect(at(OUT, 3)).toBeCloseTo(-0.0625, 6);
  });

  it("adds to the gradients of gamma and beta", () => {
    put(GRADIENT, [1, 2, 0, 4]);
    put(GAMMA, [10, 10, 10, 10]);
    layerNormParametersBackward(X, STATISTICS, GRADIENT, GAMMA, BETA, 1, 4, 0, 0, 1);
    expect(at(GAMMA, 0)).toBeCloseTo(9.5, 6);
    expect(at(GAMMA, 1)).toBeCloseTo(9, 6);
    expect(at(GAMMA, 2)).toBeCloseTo(10, 6);
    expect(at(GAMMA, 3)).toBeCloseTo(16, 6);
    expect(at(BETA, 0)).toBe(1);
    expect(at(BETA, 3)).toBe(14);
  });
});

describe("rows of a table", () => {
  beforeEach(() => {
    put(X, [1, 2, 3, 10, 20, 30, 100, 200, 300]);
    i32.store(IDS, 2);
    i32.store(IDS, 0, 4);
    i32.store(IDS, 2, 8);
  });

  it("are taken by their ids, or added to what is there", () => {
    gather(IDS, X, OUT, 0, 3, 3, 0, 0, 3);
    expect(at(OUT, 0)).toBe(100);
    expect(at(OUT, 5)).toBe(3);
    expect(at(OUT, 8)).toBe(300);
    gather(IDS, X, OUT, 1, 3, 3, 0, 1, 2);
    expect(at(OUT, 0)).toBe(100);
    expect(at(OUT, 5)).toBe(6);
  });

  it("get what comes back, those that were taken twice the sum", () => {
    put(GRADIENT, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    scatterAdd(IDS, GRADIENT, X, 3, 3, 0, 0, 1);
    expect(at(X, 0)).toBe(5); // 1 + 4
    expect(at(X, 3)).toBe(10);
    expect(at(X, 6)).toBe(108); // 100 + 1 + 7
    expect(at(X, 8)).toBe(312);
  });

  it("add up column by column, from 0 or from what is there", () => {
    columnSums(X, 3, 3, OUT, 0, 0, 0, 1);
    expect(at(OUT, 0)).toBe(111);
    expect(at(OUT, 2)).toBe(333);
    columnSums(X, 3, 3, OUT, 1, 0, 0, 1);
    expect(at(OUT, 2)).toBe(666);
  });
});
