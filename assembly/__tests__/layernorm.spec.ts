import { layerNorm } from "../layernorm";
import { at, put } from "./values";

const X = memory.data(64);
const GAMMA = memory.data(64);
const BETA = memory.data(64);
const OUT = memory.data(64);

describe("layerNorm", () => {
  it("brings a row to mean 0 and variance 1, then scales and shifts it", () => {
    put(X, [1, 5]); // mean 3, variance 4
    put(GAMMA, [2, 2]);
    put(BETA, [10, 20]);
    layerNorm(X, GAMMA, BETA, OUT, 1, 2, 0);
    expect(at(OUT, 0)).toBeCloseTo(8, 6);
    expect(at(OUT, 1)).toBeCloseTo(22, 6);
  });

  it("adds epsilon to the variance, and may write where it reads", () => {
    put(X, [2, 4, 6, 8, 10]); // mean 6, variance 8
    put(GAMMA, [3, 3, 3, 3, 3]);
    put(BETA, [0, 0, 0, 0, 1]);
    layerNorm(X, GAMMA, BETA, X, 1, 5, 1);
    expect(at(X, 0)).toBeCloseTo(-4, 6);
    expect(at(X, 1)).toBeCloseTo(-2, 6);
    expect(at(X, 2)).toBeCloseTo(0, 6);
    expect(at(X, 3)).toBeCloseTo(2, 6);
    expect(at(X, 4)).toBeCloseTo(5, 6);
  });

  it("makes NaN of a row whose variance overflows", () => {
    put(X, [1e30, -1e30]);
    put(GAMMA, [1, 1]);
    put(BETA, [10, 20]);
    layerNorm(X, GAMMA, BETA, OUT, 1, 2, 0);
    expect(at(OUT, 0)).toBeNaN();
    expect(at(OUT, 1)).toBeNaN();
  });
});
