import assert from "node:assert/strict";
import { test } from "node:test";
import { normal, uniform } from "../../src/train/random.ts";
import {
  activateBackward,
  attention,
  attentionBackward,
  attentionProbabilities,
  dropoutMask,
  gather,
  gatherBackward,
  geluBackward,
  layerNormBackward,
  layerNormStatistics,
  linearBackward,
  matmul,
  matmulBackward,
  softmaxBackward,
  sumOfRows,
  transpose,
} from "./backward.ts";
import { assertSlopes } from "./differences.ts";
import { scaledDotProductAttention } from "./electra.ts";
import { ACTIVATIONS, gelu, layerNorm, linear, softmax } from "./math.ts";

const random = (count: number, site: number) =>
  Float64Array.from({ length: count }, (_, i) => normal(1, site, i));

/** A loss whose gradient by `out` is `weights`. */
const weighed = (out: Float64Array, weights: Float64Array) =>
  out.reduce((sum, value, i) => sum + value * weights[i], 0);

test("transpose and sumOfRows, by hand", () => {
  assert.deepEqual([...transpose(Float64Array.of(1, 2, 3, 4, 5, 6), 3)], [1, 4, 2, 5, 3, 6]);
  assert.deepEqual([...transpose(Float64Array.of(1, 2, 3), 1)], [1, 2, 3]);
  assert.deepEqual([...sumOfRows(Float64Array.of(1, 2, 3, 4, 5, 6), 3)], [5, 7, 9]);
});

test("matmul, by hand, and its way back", () => {
  // [1 2] · [[3 4] [5 6]]
  assert.deepEqual([...matmul(Float64Array.of(1, 2), Float64Array.of(3, 4, 5, 6), 2)], [13, 16]);
  for (const [m, k, n] of [
    [1, 1, 1],
    [3, 4, 5],
  ]) {
    const [a, b, weights] = [random(m * k, 1), random(k * n, 2), random(m * n, 3)];
    assertSlopes({ a, b }, matmulBackward(a, b, k, weights), () => weighed(matmul(a, b, k), weights));
  }
});

test("a linear layer's way back", () => {
  const [x, weight, bias, weights] = [random(3 * 5, 1), random(4 * 5, 2), random(4, 3), random(3 * 4, 4)];
  assertSlopes({ x, weight, bias }, linearBackward(x, weight, 4, weights), () =>
    weighed(linear(x, weight, bias), weights),
  );
});

test("gather, by hand, and its way back where ids come twice or never", () => {
  const ids = [2, 0, 2, 2];
  const [table, weights] = [random(4 * 3, 1), random(4 * 3, 2)];
  assert.deepEqual([...gather([1, 0], Float64Array.of(1, 2, 3, 4), 2)], [3, 4, 1, 2]);
  assertSlopes({ table }, { table: gatherBackward(ids, 4, 3, weights) }, () =>
    weighed(gather(ids, table, 3), weights),
  );
});

test("gelu's way back", () => {
  const x = Float64Array.of(-40, -5, -1, -0.1, 0, 0.3, 2, 40);
  const weights = random(8, 1);
  assertSlopes({ x }, { x: geluBackward(x, weights) }, () => weighed(x.map(gelu), weights));
  assert.deepEqual(
    [...geluBackward(Float64Array.of(0, 1e300, -1e300), Float64Array.of(1, 1, 1))],
    [0.5, 1, 0],
  );
});

test("activations' ways back", () => {
  const x = Float64Array.of(-20, -5, -1, -0.1, 0.2, 0.3, 2, 20);
  const weights = random(8, 1);
  for (const activation of ["gelu_new", "relu", "tanh"] as const) {
    const curve = ACTIVATIONS[activation];
    assertSlopes({ x }, { x: activateBackward(x, weights, activation) }, () =>
      weighed(x.map(curve), weights),
    );
  }
});

test("layerNorm's way back, and the statistics it goes by", () => {
  const [x, gamma, beta, weights] = [random(3 * 5, 1), random(5, 2), random(5, 3), random(3 * 5, 4)];
  for (const epsilon of [1e-12, 0.5]) {
    assertSlopes({ x, gamma, beta }, layerNormBackward(x, gamma, epsilon, weights), () =>
      weighed(layerNorm(x, gamma, beta, epsilon), weights),
    );
  }
  assert.deepEqual([...layerNormStatistics(Float64Array.of(1, 5, 2, 2), 2, 0)], [3, 0.5, 2, Infinity]);
});

test("softmax's way back", () => {
  const [x, weights] = [random(3 * 4, 1), random(3 * 4, 2)];
  assertSlopes({ x }, { x: softmaxBackward(softmax(x, 4), 4, weights) }, () =>
    weighed(softmax(x, 4), weights),
  );
});

test("dropout's mask drops about the share that it is told, and keeps the mean", () => {
  const count = 100_000;
  for (const probability of [0, 0.1, 0.5]) {
    const mask = dropoutMask(count, probability, (i) => uniform(7, 3, i));
    const dropped = mask.filter((factor) => factor === 0).length / count;
    const mean = mask.reduce((sum, factor) => sum + factor, 0) / count;
    assert.ok(Math.abs(dropped - probability) < 0.005, `${dropped} dropped of ${probability}`);
    assert.ok(Math.abs(mean - 1) < 0.01, `the mean becomes ${mean}`);
  }
});

test("attention is the encoder's where nothing is dropped; and its way back, with and without", () => {
  const d = 3;
  for (const tokens of [1, 4]) {
    const [query, key, value] = [1, 2, 3].map((site) => random(tokens * d, site)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const weights = random(tokens * d, 4);
    const all = new Float64Array(tokens * tokens).fill(1);
    const own = attention(query, key, value, d, all);
    scaledDotProductAttention(query, key, value, d).forEach((expected, i) => {
      assert.ok(Math.abs(own[i] - expected) < 1e-14);
    });
    const shares = attentionProbabilities(query, key, d);
    for (let row = 0; row < tokens; row++) {
      const sum = shares
        .subarray(row * tokens, (row + 1) * tokens)
        .reduce((total, share) => total + share, 0);
      assert.ok(Math.abs(sum - 1) < 1e-14);
    }
    for (const mask of [all, dropoutMask(tokens * tokens, 0.4, (i) => uniform(1, 2, i))]) {
      assertSlopes({ query, key, value }, attentionBackward(query, key, value, d, mask, weights), () =>
        weighed(attention(query, key, value, d, mask), weights),
      );
    }
  }
});
