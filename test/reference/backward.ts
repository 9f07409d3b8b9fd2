// How the gradient of a loss finds its way back through the functions that ELECTRA is made of (Rumelhart et al. 1986), in
// float64 and in the plainest form. Every function here takes what its way forward took, and `gradient`, the loss's
// gradient by what came out; it gives the loss's gradients by what went in. Its way forward has the same name without
// "Backward", here or in math.ts. The tests hold each against finite differences.

import { erf, softmax } from "./math.ts";

/** xᵀ: [rows, columns] → [columns, rows]. */
export function transpose(x: Float64Array, columns: number): Float64Array {
  const rows = x.length / columns;
  return x.map((_, i) => x[(i % rows) * columns + Math.floor(i / rows)]);
}

/** a [m, k] · b [k, n] → [m, n]. */
export function matmul(a: Float64Array, b: Float64Array, k: number): Float64Array {
  const [m, n] = [a.length / k, b.length / k];
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      for (let p = 0; p < k; p++) out[i * n + j] += a[i * k + p] * b[p * n + j];
    }
  }
  return out;
}

/** Each side's gradient is the product of the result's gradient with the other side: dA = dC · Bᵀ, dB = Aᵀ · dC. */
export function matmulBackward(
  a: Float64Array,
  b: Float64Array,
  k: number,
  gradient: Float64Array,
): { a: Float64Array; b: Float64Array } {
  const n = b.length / k;
  return {
    a: matmul(gradient, transpose(b, n), n),
    b: matmul(transpose(a, k), gradient, a.length / k),
  };
}

/** A linear layer, x [rows, inputs] · weight [outputs, inputs]ᵀ + bias [outputs]. */
export function linearBackward(
  x: Float64Array,
  weight: Float64Array,
  outputs: number,
  gradient: Float64Array,
): { x: Float64Array; weight: Float64Array; bias: Float64Array } {
  const inputs = weight.length / outputs;
  const { a, b } = matmulBackward(x, transpose(weight, inputs), inputs, gradient);
  return { x: a, weight: transpose(b, outputs), bias: sumOfRows(gradient, outputs) };
}

/** Σ over the rows of x [rows, columns] → [columns]. */
export function sumOfRows(x: Float64Array, columns: number): Float64Array {
  const out = new Float64Array(columns);
  x.forEach((value, i) => {
    out[i % columns] += value;
  });
  return out;
}

/** The rows of table [entries, size] that the ids name, as embeddings are looked up: [ids, size]. */
export function gather(ids: ArrayLike<number>, table: Float64Array, size: number): Float64Array {
  return Float64Array.from(
    { length: ids.length * size },
    (_, i) => table[ids[Math.floor(i / size)] * size + (i % size)],
  );
}

/** A row that was taken several times gets the sum of what comes back; one that nobody took gets 0. [entries, size] */
export function gatherBackward(
  ids: ArrayLike<number>,
  entries: number,
  size: number,
  gradient: Float64Array,
): Float64Array {
  const out = new Float64Array(entries * size);
  gradient.forEach((value, i) => {
    out[ids[Math.floor(i / size)] * size + (i % size)] += value;
  });
  return out;
}

/** GELU′(x) = Φ(x) + x · φ(x), of the normal distribution. */
export function geluBackward(x: Float64Array, gradient: Float64Array): Float64Array {
  return x.map((value, i) => {
    const cumulative = 0.5 * (1 + erf(value / Math.SQRT2));
    const density = Math.exp((-value * value) / 2) / Math.sqrt(2 * Math.PI);
    return gradient[i] * (cumulative + (density === 0 ? 0 : value * density));
  });
}

/** The slopes of what layers and heads do to their values; tanh′ = 1 − tanh², and gelu_new's by the product rule. */
const SLOPES = {
  gelu_new(x: number): number {
    const inner = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
    const slope = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x ** 2);
    const bump = 1 - Math.tanh(inner) ** 2;
    return 0.5 * (1 + Math.tanh(inner)) + (bump === 0 ? 0 : 0.5 * x * bump * slope);
  },
  relu: (x: number) => (x > 0 ? 1 : 0),
  tanh: (x: number) => 1 - Math.tanh(x) ** 2,
} as const;

export function activateBackward(
  x: Float64Array,
  gradient: Float64Array,
  activation: keyof typeof SLOPES,
): Float64Array {
  return x.map((value, i) => gradient[i] * SLOPES[activation](value));
}

/** What layerNorm's way back needs of each row: its mean and 1 / √(variance + epsilon), [rows, 2]. */
export function layerNormStatistics(x: Float64Array, size: number, epsilon: number): Float64Array {
  const out = new Float64Array((2 * x.length) / size);
  for (let row = 0; row < x.length / size; row++) {
    const values = x.subarray(row * size, (row + 1) * size);
    const mean = values.reduce((sum, value) => sum + value, 0) / size;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
    out.set([mean, 1 / Math.sqrt(variance + epsilon)], 2 * row);
  }
  return out;
}

/**
 * With y = (x − mean) / √(variance + ε), a row's mean and variance move with each of its values, so that from g = gradient
 * · gamma are taken its mean and its share along y: dx = (g − mean(g) − y · mean(g · y)) / √(variance + ε).
 */
export function layerNormBackward(
  x: Float64Array,
  gamma: Float64Array,
  epsilon: number,
  gradient: Float64Array,
): { x: Float64Array; gamma: Float64Array; beta: Float64Array } {
  const size = gamma.length;
  const statistics = layerNormStatistics(x, size, epsilon);
  const normal = x.map((value, i) => {
    const row = Math.floor(i / size);
    return (value - statistics[2 * row]) * statistics[2 * row + 1];
  });
  const out = new Float64Array(x.length);
  for (let row = 0; row < x.length; row += size) {
    const y = normal.subarray(row, row + size);
    const g = gradient.subarray(row, row + size).map((value, j) => value * gamma[j]);
    const mean = g.reduce((sum, value) => sum + value, 0) / size;
    const along = g.reduce((sum, value, j) => sum + value * y[j], 0) / size;
    const inverse = statistics[(2 * row) / size + 1];
    for (let j = 0; j < size; j++) out[row + j] = (g[j] - mean - y[j] * along) * inverse;
  }
  return {
    x: out,
    gamma: sumOfRows(
      gradient.map((value, i) => value * normal[i]),
      size,
    ),
    beta: sumOfRows(gradient, size),
  };
}

/** @param y what softmax gave: dx = y · (gradient − Σ gradient · y) in each row, since the shares of a row add up to 1. */
export function softmaxBackward(y: Float64Array, columns: number, gradient: Float64Array): Float64Array {
  const out = new Float64Array(y.length);
  for (let row = 0; row < y.length; row += columns) {
    let sum = 0;
    for (let j = row; j < row + columns; j++) sum += gradient[j] * y[j];
    for (let j = row; j < row + columns; j++) out[j] = y[j] * (gradient[j] - sum);
  }
  return out;
}

/**
 * What each value is multiplied with while training (Srivastava et al. 2014): 0 where its draw is below the probability,
 * else 1 / (1 − probability), so that the mean stays. On the way back gradients are multiplied with the same.
 *
 * @param draw a uniform number from 0 to below 1 for each index
 */
export function dropoutMask(
  count: number,
  probability: number,
  draw: (index: number) => number,
): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => (draw(i) < probability ? 0 : 1 / (1 - probability)));
}

/**
 * softmax(Q · Kᵀ / √d) of one head, [tokens, tokens]: who listens to whom. Of these shares `mask` drops some before the
 * values are averaged.
 */
export function attentionProbabilities(query: Float64Array, key: Float64Array, d: number): Float64Array {
  const scores = matmul(query, transpose(key, d), d).map((score) => score / Math.sqrt(d));
  return softmax(scores, query.length / d);
}

/** One head's (mask ∘ softmax(Q · Kᵀ / √d)) · V (Vaswani et al. 2017, section 3.2.1). @param mask [tokens, tokens] */
export function attention(
  query: Float64Array,
  key: Float64Array,
  value: Float64Array,
  d: number,
  mask: Float64Array,
): Float64Array {
  const dropped = attentionProbabilities(query, key, d).map((share, i) => share * mask[i]);
  return matmul(dropped, value, value.length / d);
}

/** Back through the three products of {@link attention}, the last first. */
export function attentionBackward(
  query: Float64Array,
  key: Float64Array,
  value: Float64Array,
  d: number,
  mask: Float64Array,
  gradient: Float64Array,
): { query: Float64Array; key: Float64Array; value: Float64Array } {
  const tokens = value.length / d;
  const shares = attentionProbabilities(query, key, d);
  const dropped = shares.map((share, i) => share * mask[i]);
  const averaging = matmulBackward(dropped, value, tokens, gradient);
  const ofShares = averaging.a.map((value, i) => value * mask[i]);
  const ofScores = softmaxBackward(shares, tokens, ofShares).map((value) => value / Math.sqrt(d));
  const asking = matmulBackward(query, transpose(key, d), d, ofScores);
  return { query: asking.a, key: transpose(asking.b, tokens), value: averaging.b };
}
