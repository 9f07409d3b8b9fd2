import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { curvesOf, thin } from "../../src/report/curves.ts";

const step = (seed: number, step: number, tokens: number) => ({
  seed,
  step,
  steps: 4,
  epoch: 1,
  loss: 10 / step,
  gradientNorm: 1,
  learningRate: 1e-3,
  tokens,
  seconds: step / 2,
});

describe("curvesOf", () => {
  it("tells seeds, steps and epochs of a log apart", () => {
    const log = [
      step(7, 1, 100),
      step(7, 2, 50),
      { seed: 7, epoch: 1, step: 2, dev: { f1: 0.5 } },
      { note: "of another kind" },
      step(3, 1, 100),
      { seed: 3, epoch: 1, step: 1, dev: { accuracy: 0.25 } },
    ];
    assert.deepEqual(curvesOf(log), [
      { seed: 7, steps: log.slice(0, 2), epochs: [{ epoch: 1, score: 0.5 }], tokens: 150, seconds: 1 },
      { seed: 3, steps: log.slice(4, 5), epochs: [{ epoch: 1, score: 0.25 }], tokens: 100, seconds: 0.5 },
    ]);
  });

  it("is empty for a run that has just begun", () => {
    assert.deepEqual(curvesOf([]), []);
  });
});

describe("thin", () => {
  it("leaves few points as they are", () => {
    const points = [[1, 5] as const, [2, 7] as const];
    assert.deepEqual(thin(points, 2), points);
    assert.deepEqual(thin([], 2), []);
  });

  it("gives the mean of neighbours at their middle, the last of them fewer", () => {
    const points = [1, 2, 3, 4, 5].map((x) => [x, x * x] as const);
    assert.deepEqual(thin(points, 3), [
      [1.5, 2.5],
      [3.5, 12.5],
      [5, 25],
    ]);
  });

  it("keeps a long run's report short", () => {
    const points = Array.from({ length: 100_003 }, (_, i) => [i, 1] as const);
    assert.ok(thin(points, 120).length <= 120);
  });
});
