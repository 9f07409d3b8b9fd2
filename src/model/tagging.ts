import type { CrfPosterior, Stretch } from "./crf/posterior.ts";

/** What a model says of the tokens of one sequence that carry a label. */
export interface Tagging {
  /** The label of each: the CRF's best path, or each token's likeliest. */
  readonly labels: Int32Array;
  /** [labelled tokens, labels]: the CRF's marginals, or the softmax of the logits. */
  readonly probabilities: Float32Array;
  /** The exact probability of a stretch under the CRF; undefined where the model has none. */
  readonly stretchProbability: ((stretch: Stretch) => number) | undefined;
  /** All that the CRF believes of the sequence, where it is whole. */
  readonly posterior?: CrfPosterior;
}
