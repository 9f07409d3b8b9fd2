/** e^score / Σ e^scores, in float64 */
export function softmax(scores: ArrayLike<number>): Float64Array<ArrayBuffer> {
  let largest = -Infinity;
  for (let i = 0; i < scores.length; i++) largest = Math.max(largest, scores[i]!);
  const shares = Float64Array.from(scores, (score) => Math.exp(score - largest));
  const sum = shares.reduce((all, share) => all + share, 0);
  return shares.map((share) => share / sum);
}

/** log Σ e^term, without overflow; −∞ where all are. */
export function logSumExp(terms: Float64Array): number {
  let largest = -Infinity;
  for (let i = 0; i < terms.length; i++) largest = Math.max(largest, terms[i]!);
  if (largest === -Infinity) return -Infinity;
  let sum = 0;
  for (let i = 0; i < terms.length; i++) if (terms[i] !== -Infinity) sum += Math.exp(terms[i]! - largest);
  return largest + Math.log(sum);
}

/** The first index of the largest value. */
export function indexOfMaximum(values: Float32Array | Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
