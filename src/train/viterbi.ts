import { indexOfMaximum } from "../model/scores.ts";

/**
 * The best path through a linear-chain CRF (Viterbi 1967; pytorch-crf's convention), for predictions while training.
 *
 * @param emissions [steps, labels] @param transitions [labels, labels], from row to column
 */
export function viterbi(
  emissions: Float32Array,
  start: Float32Array,
  transitions: Float32Array,
  end: Float32Array,
): Int32Array {
  const labels = start.length;
  const steps = emissions.length / labels;
  const previous = new Int32Array(steps * labels);
  let scores = Float64Array.from(start, (score, label) => score + emissions[label]!);
  for (let t = 1; t < steps; t++) {
    const next = new Float64Array(labels).fill(Number.NEGATIVE_INFINITY);
    for (let to = 0; to < labels; to++) {
      for (let from = 0; from < labels; from++) {
        const score = scores[from]! + transitions[from * labels + to]!;
        if (score <= next[to]!) continue;
        next[to] = score;
        previous[t * labels + to] = from;
      }
      next[to]! += emissions[t * labels + to]!;
    }
    scores = next;
  }
  const path = new Int32Array(steps);
  path[steps - 1] = indexOfMaximum(scores.map((score, label) => score + end[label]!));
  for (let t = steps - 1; t > 0; t--) path[t - 1] = previous[t * labels + path[t]!]!;
  return path;
}
