// ELECTRA's replaced token detection (Clark et al. 2020, section 2) beside the network, in float64 and in the plainest form.

import { gumbel } from "../../src/train/random.ts";

const IGNORED = -100;

/** −log of the probability that each logit's sigmoid gives its label, 1 or 0; 0 for a label of −100. */
export function binaryCrossEntropy(logits: ArrayLike<number>, labels: ArrayLike<number>): Float64Array {
  return Float64Array.from(logits, (x, i) => {
    if (labels[i] === IGNORED) return 0;
    const against = labels[i] === 1 ? -x : x;
    return Math.max(against, 0) + Math.log1p(Math.exp(-Math.abs(against)));
  });
}

/** The gradient of the sum of {@link binaryCrossEntropy} by the logits. */
export function binaryCrossEntropyBackward(
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
): Float64Array {
  return Float64Array.from(logits, (x, i) => {
    if (labels[i] === IGNORED) return 0;
    return 1 / (1 + Math.exp(-x)) - labels[i];
  });
}

/** The logits with the noise whose largest of a row is what is drawn from the row's softmax. */
export function withGumbelNoise(logits: ArrayLike<number>, seed: number, site: number): Float64Array {
  return Float64Array.from(logits, (x, i) => x + gumbel(seed, site, i));
}

/** In how many rows that have a label no logit [rows, columns] is above the label's, and how many have one. */
export function countHits(
  logits: Float32Array,
  labels: ArrayLike<number>,
  columns: number,
): [hits: number, labelled: number] {
  let [hits, labelled] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === IGNORED) continue;
    labelled++;
    const row = logits.subarray(i * columns, (i + 1) * columns);
    if (row.every((logit) => row[labels[i]] >= logit)) hits++;
  }
  return [hits, labelled];
}

/** The probability that a logit of label 1 is above one of label 0, ties half (the area under the ROC curve). */
export function areaUnderCurve(logits: ArrayLike<number>, labels: ArrayLike<number>): number {
  let [sum, pairs] = [0, 0];
  for (let i = 0; i < logits.length; i++) {
    for (let j = 0; j < logits.length; j++) {
      if (labels[i] !== 1 || labels[j] !== 0) continue;
      pairs++;
      sum += logits[i] > logits[j] ? 1 : logits[i] === logits[j] ? 0.5 : 0;
    }
  }
  return sum / pairs;
}
