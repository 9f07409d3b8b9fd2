/** Before the first step and after the last one, where there is no label. */
export const NO_LABEL = -1;

/** What a CRF says of one sequence, in the kernels' layout. Scores are −∞ where a path may not go. */
export interface CrfScores {
  readonly steps: number;
  readonly labels: number;
  readonly stride: number;
  readonly emissions: Float32Array; // [steps, labels]
  readonly start: Float32Array; // [stride]
  readonly transitions: Float32Array; // [labels, stride]
  readonly end: Float32Array; // [stride]
}

/** A CRF's scores without those of a sequence. */
export type CrfTransitions = Omit<CrfScores, "steps" | "emissions">;

/** A path of labels through a sequence, and its score: the logarithm of its unnormalised probability. */
export interface ScoredPath {
  readonly labels: Int32Array;
  readonly score: number;
}

/** The score of the step from one label to the next; either may be {@link NO_LABEL}. */
export function stepScore(scores: CrfScores, from: number, to: number): number {
  if (from === NO_LABEL) return scores.start[to]!;
  return to === NO_LABEL ? scores.end[from]! : scores.transitions[from * scores.stride + to]!;
}

/** A path's score, summed in float64 in the order in which `crfViterbi` does. @param path [steps] */
export function pathScore(scores: CrfScores, path: ArrayLike<number>): number {
  let score = 0;
  let next = NO_LABEL;
  for (let t = scores.steps - 1; t >= 0; t--) {
    const label = path[t]!;
    score += scores.emissions[t * scores.labels + label]! + stepScore(scores, label, next);
    next = label;
  }
  return score + stepScore(scores, NO_LABEL, next);
}
