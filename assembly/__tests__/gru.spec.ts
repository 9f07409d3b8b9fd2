import { gru } from "../gru";
import { at, put } from "./values";

const INPUTS = memory.data(64);
const WEIGHTS = memory.data(64);
const BIAS = memory.data(64);
const OUT = memory.data(64);
const KEPT = memory.data(64);

describe("gru", () => {
  beforeEach(() => {
    memory.fill(WEIGHTS, 0, 64);
    memory.fill(BIAS, 0, 64);
  });

  it("keeps half of h and takes half of what is new, where all weights are 0", () => {
    put(INPUTS, [0, 0, 1, 0, 0, -2]);
    gru(INPUTS, 3, WEIGHTS, BIAS, OUT, 1, KEPT, 4, 2, 1, 0);
    expect(at(OUT, 0)).toBeCloseTo(0.3807971, 6); // tanh(1) / 2
    expect(at(OUT, 1)).toBeCloseTo(-0.2916152, 6); // tanh(−2) / 2 + tanh(1) / 4
    expect(at(KEPT, 0)).toBe(0.5);
    expect(at(KEPT, 1)).toBe(0.5);
    expect(at(KEPT, 3)).toBeCloseTo(0.7615942, 6);
  });

  it("begins with the last step where it is told to", () => {
    put(INPUTS, [0, 0, 1, 0, 0, -2]);
    gru(INPUTS, 3, WEIGHTS, BIAS, OUT, 1, KEPT, 0, 2, 1, 1);
    expect(at(OUT, 1)).toBeCloseTo(-0.4820138, 6);
    expect(at(OUT, 0)).toBeCloseTo(0.1397902, 6);
  });

  it("adds the hidden part of n as r lets it through", () => {
    put(INPUTS, [0.2, 1, 0.25]);
    put(BIAS, [0.3, -2, 2]);
    gru(INPUTS, 3, WEIGHTS, BIAS, OUT, 1, KEPT, 4, 1, 1, 0);
    // r = σ(0.5), z = σ(−1), n = tanh(0.25 + 2 r)
    expect(at(OUT, 0)).toBeCloseTo(0.661042, 6);
  });
});
