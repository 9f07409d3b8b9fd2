import assert from "node:assert/strict";
import { test } from "node:test";
import { detectionScores } from "../../src/metrics/detection-scores.ts";
import { randomFloats } from "../kernels/harness.ts";
import { areaUnderCurve } from "../reference/replaced-tokens.ts";

const BINS = 256;

/** In bins as wide as 1/16. */
function histogramOf(logits: ArrayLike<number>, labels: ArrayLike<number>): Float64Array {
  const histogram = new Float64Array(2 * BINS);
  for (let i = 0; i < logits.length; i++) {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(logits[i] * 16) + BINS / 2));
    histogram[labels[i] * BINS + bin]++;
  }
  return histogram;
}

test("scores of logits in bins are those of the logits", () => {
  // On the bins' own grid, so that two logits are equal where their bins are.
  const noise = randomFloats(400, 5).map((value) => Math.round(value * 16) / 16);
  const labels = noise.map((_, i) => Number(i % 5 === 0));
  const logits = noise.map((value, i) => value - 1 + 1.5 * labels[i]);
  const scores = detectionScores(histogramOf(logits, labels));
  const positive = [...logits.keys()].filter((i) => logits[i] >= 0);
  const found = positive.filter((i) => labels[i] === 1).length;
  assert.ok(found > 10 && found < positive.length);
  assert.equal(scores.tokens, 400);
  assert.equal(scores.replaced, 80);
  assert.equal(scores.precision, found / positive.length);
  assert.equal(scores.recall, found / 80);
  assert.ok(Math.abs(scores.auc - areaUnderCurve(logits, labels)) < 1e-12);
});

test("scores of nothing, and of one kind alone, are numbers", () => {
  const nothing = { tokens: 0, replaced: 0, precision: 0, recall: 0, auc: 0.5 };
  assert.deepEqual(detectionScores(new Float64Array(8)), nothing);
  assert.deepEqual(detectionScores([0, 0, 3, 0, 0, 0, 0, 0]), { ...nothing, tokens: 3 });
  assert.deepEqual(detectionScores([0, 0, 0, 0, 0, 2, 0, 2]), {
    tokens: 4,
    replaced: 4,
    precision: 1,
    recall: 0.5,
    auc: 0.5,
  });
});
