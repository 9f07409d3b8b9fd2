// The functions that ELECTRA is made of, in float64 and in the plainest form. Matrices are row-major; their shapes are
// in the comments.

/**
 * The error function, to the last bits of a float64: erf(x) = 2/√π · e^(−x²) · Σₙ 2ⁿ x²ⁿ⁺¹ / (1 · 3 · 5 … (2n + 1)).
 * All terms have the sign of x, so that nothing cancels; beyond ±6 the result rounds to ±1.
 */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** Hendrycks & Gimpel 2016: x times the probability that a standard normal variable is below x. */
export function gelu(x: number): number {
  return x * 0.5 * (1 + erf(x / Math.SQRT2));
}

/** GELU by the hyperbolic tangent, as Google's BERT first had it; Hugging Face's `gelu_new`. */
export function geluNew(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

/** What layers and heads do to each of their values, by Hugging Face's names. */
export const ACTIVATIONS = {
  gelu,
  gelu_new: geluNew,
  relu: (x: number) => Math.max(x, 0),
  tanh: Math.tanh,
} as const;

/** log Σ e^value, without overflow; −∞ for no values at all. */
export function logSumExp(values: ArrayLike<number>): number {
  let largest = -Infinity;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i]);
  if (largest === -Infinity) return -Infinity;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i] - largest);
  return largest + Math.log(sum);
}

/** softmax(row)[j] = e^row[j] / Σ e^row, for each row of x [rows, columns]. */
export function softmax(x: Float64Array, columns: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let row = 0; row < x.length; row += columns) {
    const values = x.subarray(row, row + columns);
    const largest = Math.max(...values); // subtracted above and below the line, so that no exponential overflows
    const weights = values.map((value) => Math.exp(value - largest));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    for (let j = 0; j < columns; j++) out[row + j] = weights[j] / sum;
  }
  return out;
}

/** out [rows, outputs] = x [rows, inputs] · weight [outputs, inputs]ᵀ + bias [outputs]. */
export function linear(x: Float64Array, weight: Float64Array, bias: Float64Array): Float64Array {
  const outputs = bias.length;
  const inputs = weight.length / outputs;
  const rows = x.length / inputs;
  const out = new Float64Array(rows * outputs);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < outputs; j++) {
      let sum = bias[j];
      for (let p = 0; p < inputs; p++) sum += x[i * inputs + p] * weight[j * inputs + p];
      out[i * outputs + j] = sum;
    }
  }
  return out;
}

/** Ba et al. 2016: each row of x [rows, size] to mean 0 and variance 1, then scaled and shifted by gamma, beta [size]. */
export function layerNorm(
  x: Float64Array,
  gamma: Float64Array,
  beta: Float64Array,
  epsilon: number,
): Float64Array {
  const size = gamma.length;
  const out = new Float64Array(x.length);
  for (let row = 0; row < x.length; row += size) {
    const values = x.subarray(row, row + size);
    const mean = values.reduce((sum, value) => sum + value, 0) / size;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
    for (let j = 0; j < size; j++) {
      out[row + j] = ((values[j] - mean) / Math.sqrt(variance + epsilon)) * gamma[j] + beta[j];
    }
  }
  return out;
}

/** a + b, element by element. */
export function add(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + b[i]);
}

/** ‖a − b‖ / ‖b‖ (2-norms); NaN where anything is. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    size += b[i] ** 2;
  }
  return Math.sqrt(difference) / Math.sqrt(size);
}
