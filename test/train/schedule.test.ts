import assert from "node:assert/strict";
import { test } from "node:test";
import { peakRate, rateFactor, type Schedule } from "../../src/train/schedule.ts";

const SCHEDULE: Schedule = { learningRate: 1e-3, crfLearningRate: 5e-3, layerDecay: 0.5, warmup: 0.2 };

test("the rate climbs in a straight line, then falls in one, and is 0 at no step", () => {
  const factors = Array.from({ length: 10 }, (_, i) => rateFactor(SCHEDULE, i + 1, 10));
  const expected = [1 / 2, 1, 8 / 9, 7 / 9, 6 / 9, 5 / 9, 4 / 9, 3 / 9, 2 / 9, 1 / 9];
  for (const [i, factor] of factors.entries())
    assert.ok(Math.abs(factor - expected[i]!) < 1e-12, `step ${i}`);
});

test("without warm-up the first step has the full rate", () => {
  assert.equal(rateFactor({ ...SCHEDULE, warmup: 0 }, 1, 10), 1);
  assert.equal(rateFactor(SCHEDULE, 1, 1), 1);
  assert.equal(rateFactor({ ...SCHEDULE, warmup: 1 }, 10, 10), 1);
});

test("a layer's rate is a share of the one's above, and the CRF has its own", () => {
  const rate = (name: string) => peakRate(SCHEDULE, name, 3);
  assert.equal(rate("crf.transitions"), 5e-3);
  assert.equal(rate("classifier.weight"), 1e-3);
  assert.equal(rate("electra.encoder.layer.2.output.dense.weight"), 0.5e-3);
  assert.equal(rate("electra.encoder.layer.0.attention.self.query.bias"), 0.125e-3);
  assert.equal(rate("electra.embeddings.word_embeddings.weight"), 0.0625e-3);
  // As the embeddings that it projects.
  assert.equal(rate("electra.embeddings_project.weight"), 0.0625e-3);
});
