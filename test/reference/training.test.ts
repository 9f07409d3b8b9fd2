import assert from "node:assert/strict";
import { test } from "node:test";
import { normal } from "../../src/train/random.ts";
import { everyPath, pathScore } from "./crf.ts";
import { assertSlopes } from "./differences.ts";
import { logSumExp } from "./math.ts";
import { adamW, crfLoss, crossEntropy, IGNORED, norm } from "./training.ts";

const random = (count: number, site: number, scale = 1) =>
  Float64Array.from({ length: count }, (_, i) => scale * normal(1, site, i));

test("crossEntropy, by hand, and its gradient", () => {
  const even = crossEntropy(Float64Array.of(1, 1, 0, 9), 2, [0, IGNORED]);
  assert.ok(Math.abs(even.loss - Math.LN2) < 1e-15);
  assert.deepEqual([...even.gradient], [-0.5, 0.5, 0, 0]);

  const [logits, labels] = [random(4 * 3, 1, 2), [2, IGNORED, 0, 0]];
  assertSlopes(
    { logits },
    { logits: crossEntropy(logits, 3, labels).gradient },
    () => crossEntropy(logits, 3, labels).loss,
  );
});

test("crfLoss is −log of the path's share of all paths, and its gradients are the slopes", () => {
  for (const [labels, steps] of [
    [1, 1],
    [1, 3],
    [2, 1],
    [3, 2],
    [3, 5],
  ]) {
    const crf = {
      start: random(labels, 1, 2),
      transitions: random(labels * labels, 2, 2),
      end: random(labels, 3, 2),
    };
    const emissions = random(labels * steps, 4, 2);
    const path = Array.from({ length: steps }, (_, t) => (t * 2 + 1) % labels);
    const { loss, gradients } = crfLoss(crf, emissions, path);
    const all = [...everyPath(labels, steps)].map((some) => pathScore(crf, emissions, some));
    assert.ok(Math.abs(loss - (logSumExp(all) - pathScore(crf, emissions, path))) < 1e-12);
    assertSlopes({ ...crf, emissions }, { ...gradients }, () => crfLoss(crf, emissions, path).loss);
  }
});

test("norm is the length of all values together", () => {
  assert.equal(norm([[3], [0, -4]]), 5);
  assert.equal(norm([[]]), 0);
});

test("adamW's first step has the learning rate's size, whatever the gradient's; decay acts apart", () => {
  const state = {
    value: Float64Array.of(1, 1, 1),
    firstMoment: new Float64Array(3),
    secondMoment: new Float64Array(3),
  };
  const settings = {
    learningRate: 0.1,
    weightDecay: 0.5,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 0,
    correction1: 0.1,
    correction2: 0.01,
    gradientScale: 2,
  };
  const next = adamW(state, Float64Array.of(7, -1e-3, 0.5), settings);
  const expected = [1 - 0.05 - 0.1, 1 - 0.05 + 0.1, 1 - 0.05 - 0.1];
  for (let i = 0; i < 3; i++) assert.ok(Math.abs(next.value[i] - expected[i]) < 1e-12);
  assert.ok(Math.abs(next.firstMoment[0] - 1.4) < 1e-12);
  assert.ok(Math.abs(next.secondMoment[0] - 0.01 * 14 ** 2) < 1e-12);

  // By hand: m = 0.9 · 1 + 0.1 · 2, v = 0.99 · 4 + 0.01 · 4; 1 − 0.1 · 1.1 / (2 + 1).
  const second = adamW(
    { value: Float64Array.of(1), firstMoment: Float64Array.of(1), secondMoment: Float64Array.of(4) },
    Float64Array.of(2),
    { ...settings, weightDecay: 0, epsilon: 1, correction1: 1, correction2: 1, gradientScale: 1 },
  );
  assert.ok(Math.abs(second.value[0] - (1 - 0.11 / 3)) < 1e-12);
});
