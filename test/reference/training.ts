// Where training begins and ends, in float64: the losses with their gradients, and the step that the optimizer makes of
// these. What lies between, the way back through the network, is in backward.ts.

import { backward, type Crf, forward, pathScore } from "./crf.ts";
import { logSumExp, softmax } from "./math.ts";

/** The label of a row that counts for nothing. */
export const IGNORED = -100;

/**
 * −log softmax(logits)[label] of each row, added up; its gradient is what the model expects less what is so: softmax less
 * one-hot.
 *
 * @param logits [rows, columns]
 */
export function crossEntropy(
  logits: Float64Array,
  columns: number,
  labels: ArrayLike<number>,
): { loss: number; gradient: Float64Array } {
  const gradient = softmax(logits, columns);
  let loss = 0;
  for (let row = 0; row < labels.length; row++) {
    const own = gradient.subarray(row * columns, (row + 1) * columns);
    if (labels[row] === IGNORED) {
      own.fill(0);
      continue;
    }
    const values = logits.subarray(row * columns, (row + 1) * columns);
    loss += logSumExp(values) - values[labels[row]];
    own[labels[row]] -= 1;
  }
  return { loss, gradient };
}

/** The loss's gradients by all that a path's score is the sum of. */
export interface CrfGradients {
  readonly emissions: Float64Array;
  readonly start: Float64Array;
  readonly transitions: Float64Array;
  readonly end: Float64Array;
}

/**
 * −log P(path) = log Z − score(path) under a CRF (Lafferty et al. 2001). log Z's gradient by a score is the probability
 * that a path has what is scored, so the loss's is: how often the model expects it, less how often the path has it.
 *
 * @param emissions [steps, labels]
 */
export function crfLoss(
  crf: Crf,
  emissions: Float64Array,
  path: ArrayLike<number>,
): { loss: number; gradients: CrfGradients } {
  const labels = crf.start.length;
  const steps = path.length;
  const alpha = forward(crf, emissions);
  const beta = backward(crf, emissions);
  const logZ = logSumExp(Array.from({ length: labels }, (_, j) => alpha[j] + beta[j]));

  const marginals = alpha.map((value, i) => Math.exp(value + beta[i] - logZ)); // P(label at step)
  const pairs = new Float64Array(labels * labels); // Σ over steps of P(i, then j)
  for (let t = 1; t < steps; t++) {
    for (let i = 0; i < labels; i++) {
      for (let j = 0; j < labels; j++) {
        const now = t * labels + j;
        const score =
          alpha[(t - 1) * labels + i] + crf.transitions[i * labels + j] + emissions[now] + beta[now];
        pairs[i * labels + j] += Math.exp(score - logZ);
      }
    }
  }

  const start = marginals.slice(0, labels);
  const end = marginals.slice((steps - 1) * labels);
  start[path[0]] -= 1;
  end[path[steps - 1]] -= 1;
  for (let t = 0; t < steps; t++) {
    marginals[t * labels + path[t]] -= 1;
    if (t > 0) pairs[path[t - 1] * labels + path[t]] -= 1;
  }
  const gradients = { emissions: marginals, start, transitions: pairs, end };
  return { loss: logZ - pathScore(crf, emissions, path), gradients };
}

/** √ Σ x² over all values of all tensors, which clipping compares with its limit (Pascanu et al. 2013). */
export function norm(tensors: readonly ArrayLike<number>[]): number {
  let sum = 0;
  for (const tensor of tensors) {
    for (let i = 0; i < tensor.length; i++) sum += tensor[i] ** 2;
  }
  return Math.sqrt(sum);
}

export interface AdamWState {
  readonly value: Float64Array;
  readonly firstMoment: Float64Array;
  readonly secondMoment: Float64Array;
}

/**
 * One step of AdamW (Loshchilov & Hutter 2019, algorithm 2): the gradient's running mean, over the root of the running
 * mean of its square. Both begin at 0 and are too small at first, which dividing them by 1 − βᵗ corrects; with 1 in its
 * place they stay as they are. The weights decay apart from all this.
 */
export function adamW(
  { value, firstMoment, secondMoment }: AdamWState,
  gradient: Float64Array,
  settings: {
    readonly learningRate: number;
    readonly weightDecay: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly correction1: number;
    readonly correction2: number;
    readonly gradientScale: number;
  },
): AdamWState {
  const { learningRate, weightDecay, beta1, beta2, epsilon } = settings;
  const g = gradient.map((slope) => slope * settings.gradientScale);
  const m = firstMoment.map((mean, i) => beta1 * mean + (1 - beta1) * g[i]);
  const v = secondMoment.map((mean, i) => beta2 * mean + (1 - beta2) * g[i] ** 2);
  const next = value.map((weight, i) => {
    const [mean, square] = [m[i] / settings.correction1, v[i] / settings.correction2];
    return weight * (1 - learningRate * weightDecay) - (learningRate * mean) / (Math.sqrt(square) + epsilon);
  });
  return { value: next, firstMoment: m, secondMoment: v };
}
