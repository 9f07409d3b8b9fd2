import { crfLoss, crfScratchBytes } from "../train/crf";
import { crossEntropy } from "../train/losses";
import { at, put } from "./values";

const LOGITS = memory.data(32);
const LABELS = memory.data(16);
const LOSSES = memory.data(32);
const GRADIENT = memory.data(32);
const OFFSETS = memory.data(16);
const START = memory.data(16);
const TRANSITIONS = memory.data(16);
const END = memory.data(16);
const PARTIAL = memory.data(64);
const SCRATCH = memory.data(256);

describe("crossEntropy", () => {
  it("is softmax less what is so; a row labelled −100 counts for nothing", () => {
    put(LOGITS, [0, Mathf.log(3), 5, 6]);
    i32.store(LABELS, 1);
    i32.store(LABELS, -100, 4);
    crossEntropy(LOGITS, LABELS, 2, LOSSES, GRADIENT, 2, 2, 0, 0, 2);
    expect(<f32>f64.load(LOSSES)).toBeCloseTo(Mathf.log(4.0 / 3), 6);
    expect(at(GRADIENT, 0)).toBeCloseTo(0.5, 6);
    expect(at(GRADIENT, 1)).toBeCloseTo(-0.5, 6);
    expect(f64.load(LOSSES, 8)).toBe(0);
    expect(at(GRADIENT, 2)).toBe(0);
    expect(at(GRADIENT, 3)).toBe(0);
  });

  it("stands logits whose exponentials overflow", () => {
    put(LOGITS, [1e30, -1e30]);
    i32.store(LABELS, 0);
    crossEntropy(LOGITS, LABELS, 1, LOSSES, GRADIENT, 1, 2, 0, 0, 1);
    expect(f64.load(LOSSES)).toBe(0);
    expect(at(GRADIENT, 0)).toBe(0);
    expect(at(GRADIENT, 1)).toBe(0);
  });
});

describe("crfLoss of two labels and two steps", () => {
  beforeEach(() => {
    // Scores of the paths: 0 0 is 1, 0 1 is 1 − 2 + 2, 1 0 is 0, 1 1 is 2, which is the labels'.
    put(LOGITS, [1, 0, 0, 2]);
    put(TRANSITIONS, [0, -2, 0, 0]);
    put(START, [0, 0]);
    put(END, [0, 0]);
    i32.store(LABELS, 1);
    i32.store(LABELS, 1, 4);
    i32.store(OFFSETS, 0);
    i32.store(OFFSETS, 2, 4);
    crfLoss(LOGITS, LABELS, OFFSETS, START, TRANSITIONS, END, 1, LOSSES, GRADIENT, PARTIAL, 2, SCRATCH, 0, 1);
  });

  it("has room for both passes", () => {
    expect(crfScratchBytes(2, 2)).toBeLessThanOrEqual(256);
  });

  it("is log Z less the path's score, and its gradients what is expected less what is so", () => {
    const z = 2 * Math.exp(1) + 1 + Math.exp(2);
    expect(f64.load(LOSSES)).toBeCloseTo(Math.log(z) - 2, 12);
    expect(at(GRADIENT, 0)).toBeCloseTo(<f32>((2 * Math.exp(1)) / z), 6);
    expect(at(GRADIENT, 1)).toBeCloseTo(<f32>((1 + Math.exp(2)) / z - 1), 6);
    expect(at(GRADIENT, 2)).toBeCloseTo(<f32>((Math.exp(1) + 1) / z), 6);
    expect(at(GRADIENT, 3)).toBeCloseTo(<f32>((Math.exp(1) + Math.exp(2)) / z - 1), 6);
    // by start, then transitions, then end
    expect(at(PARTIAL, 0)).toBe(at(GRADIENT, 0));
    expect(at(PARTIAL, 1)).toBe(at(GRADIENT, 1));
    expect(at(PARTIAL, 2)).toBeCloseTo(<f32>(Math.exp(1) / z), 6);
    expect(at(PARTIAL, 3)).toBeCloseTo(<f32>(Math.exp(1) / z), 6);
    expect(at(PARTIAL, 4)).toBeCloseTo(<f32>(1 / z), 6);
    expect(at(PARTIAL, 5)).toBeCloseTo(<f32>(Math.exp(2) / z - 1), 6);
    expect(at(PARTIAL, 6)).toBe(at(GRADIENT, 2));
    expect(at(PARTIAL, 7)).toBe(at(GRADIENT, 3));
  });
});
