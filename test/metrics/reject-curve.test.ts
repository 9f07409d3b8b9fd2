import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EntityScorer } from "../../src/metrics/entity-scores.ts";
import { REJECT_THRESHOLDS, rejectCurve } from "../../src/metrics/reject-curve.ts";

const predictions = [
  { probability: 0.9, correct: true },
  { probability: 0.5, correct: false },
  { probability: 0.4, correct: true },
];

describe("rejectCurve", () => {
  it("keeps what is at least as probable as the threshold, as counted by hand", () => {
    const points = rejectCurve(predictions, 4, [0, 0.45, 0.5, 0.6, 0.95]);
    assert.deepEqual(points, [
      { threshold: 0, precision: 2 / 3, recall: 2 / 4, f1: 4 / 7, kept: 1 },
      { threshold: 0.45, precision: 1 / 2, recall: 1 / 4, f1: 2 / 6, kept: 2 / 3 },
      { threshold: 0.5, precision: 1 / 2, recall: 1 / 4, f1: 2 / 6, kept: 2 / 3 },
      { threshold: 0.6, precision: 1, recall: 1 / 4, f1: 2 / 5, kept: 1 / 3 },
      { threshold: 0.95, precision: 0, recall: 0, f1: 0, kept: 0 },
    ]);
  });

  it("begins with the scores of all predictions", () => {
    const scorer = new EntityScorer();
    const spans = [0, 1, 2, 3].map((start) => ({ type: "P", start, end: start + 1 }));
    scorer.add(spans, [spans[0]!, { type: "P", start: 7, end: 8 }, spans[1]!]);
    const { precision, recall, f1 } = scorer.scores();
    const [first] = rejectCurve(predictions, 4);
    assert.deepEqual([first!.precision, first!.recall, first!.f1], [precision, recall, f1]);
  });

  it("takes nothing found, and nothing to find", () => {
    assert.deepEqual(rejectCurve([], 3, [0.5]), [
      { threshold: 0.5, precision: 0, recall: 0, f1: 0, kept: 0 },
    ]);
    assert.deepEqual(rejectCurve([], 0, [0.5]), [
      { threshold: 0.5, precision: 0, recall: 0, f1: 0, kept: 0 },
    ]);
  });

  it("has thresholds that ascend", () => {
    const ascending = [...REJECT_THRESHOLDS].sort((a, b) => a - b);
    assert.deepEqual(REJECT_THRESHOLDS, ascending);
  });
});
