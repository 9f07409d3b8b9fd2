import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { calibrate, type Prediction } from "../../src/metrics/calibration.ts";

const said = (probability: number, correct: boolean): Prediction => ({ probability, correct });

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);

describe("calibrate", () => {
  it("weighs each bin's gap by its predictions, as counted by hand", () => {
    const { bins, error, confidence, accuracy } = calibrate([
      said(0.95, true),
      said(0.91, true),
      said(0.93, true),
      said(0.97, false), // of these four 0.75 are right, 0.94 were claimed: 0.19
      said(0.62, true), // 1 right, 0.62 claimed: 0.38
      said(0.05, false), // 0 right, 0.05 claimed: 0.05
    ]);
    near(error, (4 * 0.19 + 0.38 + 0.05) / 6);
    near(confidence, (0.95 + 0.91 + 0.93 + 0.97 + 0.62 + 0.05) / 6);
    near(accuracy, 4 / 6);
    assert.deepEqual(
      bins.map(({ count }) => count),
      [1, 0, 0, 0, 0, 0, 1, 0, 0, 4],
    );
    near(bins[9]!.confidence, 0.94);
    assert.equal(bins[9]!.accuracy, 0.75);
    assert.deepEqual([bins[9]!.from, bins[9]!.to], [0.9, 1]);
    assert.deepEqual([bins[1]!.confidence, bins[1]!.accuracy], [0, 0]);
  });

  it("is 0 for a model as good as its word and 1 for one that is always surely wrong", () => {
    const honest = Array.from({ length: 10 }, (_, i) => said(0.7, i < 7));
    near(calibrate(honest).error, 0);
    assert.equal(calibrate([said(1, false), said(1, false)]).error, 1);
  });

  it("does not let overconfidence in one bin make up for its opposite in another", () => {
    const { error, confidence, accuracy } = calibrate([said(0.75, false), said(0.25, true)]);
    near(confidence, accuracy);
    assert.equal(error, 0.75);
  });

  it("puts a bound into the bin above it, and 1 into the last", () => {
    const { bins } = calibrate([said(0, true), said(0.5, true), said(1, true)], 2);
    assert.deepEqual(
      bins.map(({ count }) => count),
      [1, 2],
    );
  });

  it("gives 0 for no predictions", () => {
    const { error, confidence, accuracy, bins } = calibrate([]);
    assert.deepEqual([error, confidence, accuracy, bins.length], [0, 0, 0, 10]);
  });
});
