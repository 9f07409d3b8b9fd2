import { gru, gruBackward, gruScratchBytes } from "../train/gru";
import { at, put } from "./values";

const INPUTS = memory.data(64);
const OFFSETS = memory.data<i32>([0, 1, 2]);
const WEIGHT = memory.data(96); // of one unit: packed, a panel of eight columns
const BIAS = memory.data(64);
const OUT = memory.data(64);
const KEPT = memory.data(64);
const GRADIENT = memory.data(64);
const INPUT_GRADIENT = memory.data(64);
const HIDDEN_GRADIENT = memory.data(64);
const PREVIOUS = memory.data(64);
const SCRATCH = memory.data(64);

describe("gru, to train", () => {
  beforeEach(() => {
    memory.fill(WEIGHT, 0, 96);
    memory.fill(BIAS, 0, 64);
    memory.fill(OUT, 0, 64);
  });

  it("begins anew with each sequence, and fills its own half of each row", () => {
    expect(gruScratchBytes(1)).toBeLessThanOrEqual(64);
    put(INPUTS, [0, 0, 1, 0, 0, 1]);
    gru(INPUTS, OFFSETS, WEIGHT, BIAS, OUT, KEPT, 1, 1, SCRATCH, 0, 2);
    expect(at(OUT, 0)).toBe(0);
    expect(at(OUT, 1)).toBeCloseTo(0.3807971, 6);
    expect(at(OUT, 2)).toBe(0);
    expect(at(OUT, 3)).toBeCloseTo(0.3807971, 6);
  });

  it("goes back through the gates", () => {
    put(INPUTS, [0, 0, 1, 0, 0, 1]);
    put(GRADIENT, [1, 0, 1, 0]);
    gru(INPUTS, OFFSETS, WEIGHT, BIAS, OUT, KEPT, 1, 0, SCRATCH, 0, 2);
    gruBackward(
      OFFSETS,
      WEIGHT,
      OUT,
      KEPT,
      GRADIENT,
      INPUT_GRADIENT,
      HIDDEN_GRADIENT,
      PREVIOUS,
      1,
      0,
      SCRATCH,
      0,
      2,
    );
    // n = tanh(1), z = 1/2: by n's input (1 − z)(1 − n²), by z's (0 − n) z (1 − z), by r's 0, since its factor is the bias
    expect(at(INPUT_GRADIENT, 2)).toBeCloseTo(0.2099872, 6);
    expect(at(INPUT_GRADIENT, 1)).toBeCloseTo(-0.1903985, 6);
    expect(at(INPUT_GRADIENT, 0)).toBe(0);
    expect(at(HIDDEN_GRADIENT, 2)).toBeCloseTo(0.1049936, 6);
    expect(at(PREVIOUS, 0)).toBe(0);
  });
});
