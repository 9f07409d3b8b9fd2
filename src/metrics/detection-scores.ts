/** How well replaced tokens are told from original ones (Clark et al. 2020). */
export interface DetectionScores {
  /** Tokens that were looked at, and those of them that had been replaced. */
  readonly tokens: number;
  readonly replaced: number;
  /** The share of replaced tokens among those with a logit from 0 on; 0 where there is none. */
  readonly precision: number;
  /** The share of replaced tokens that have such a logit; 0 where nothing was replaced. */
  readonly recall: number;
  /** The probability that a replaced token's logit is above an original one's; ½ where there are none of a kind. */
  readonly auc: number;
}

/**
 * @param histogram [2, bins]: how often an original token's logit, and a replaced one's, fell into which bin, from low to
 *   high; logits from 0 on are in the upper half. Two in one bin count as equal.
 */
export function detectionScores(histogram: ArrayLike<number>): DetectionScores {
  const bins = histogram.length / 2;
  let [originals, replaced, falseAlarms, found, below] = [0, 0, 0, 0, 0];
  for (let bin = 0; bin < bins; bin++) {
    const [original, other] = [histogram[bin]!, histogram[bins + bin]!];
    below += other * (originals + original / 2);
    originals += original;
    replaced += other;
    if (bin < bins / 2) continue;
    falseAlarms += original;
    found += other;
  }
  return {
    tokens: originals + replaced,
    replaced,
    precision: found + falseAlarms === 0 ? 0 : found / (found + falseAlarms),
    recall: replaced === 0 ? 0 : found / replaced,
    auc: originals * replaced === 0 ? 0.5 : below / (originals * replaced),
  };
}
