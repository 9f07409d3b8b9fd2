// A linear-chain conditional random field (Lafferty, McCallum & Pereira 2001) in float64, with pytorch-crf's layout,
// done twice: by enumerating every path, which nobody can get wrong, for a few labels and steps; and by the textbook's
// recursions, for any number. Emissions are [steps, labels], transitions [labels, labels] from row to column.

import { logSumExp } from "./math.ts";

export interface Crf {
  readonly start: ArrayLike<number>;
  readonly transitions: ArrayLike<number>;
  readonly end: ArrayLike<number>;
}

export interface Decoded {
  /** log Σ e^score over all paths. */
  readonly logZ: number;
  /** Of equally good paths the one whose last label is the smallest, then its last but one, and so on. */
  readonly path: readonly number[];
  readonly score: number;
  /** P(label at step), [steps, labels]. */
  readonly marginals: Float64Array;
}

/** score(y) = start[y₀] + Σₜ emissions[t, yₜ] + Σₜ transitions[yₜ₋₁, yₜ] + end[y_last]. */
export function pathScore(crf: Crf, emissions: ArrayLike<number>, path: ArrayLike<number>): number {
  const labels = crf.start.length;
  let score = crf.start[path[0]] + crf.end[path[path.length - 1]];
  for (let t = 0; t < path.length; t++) {
    score += emissions[t * labels + path[t]];
    if (t > 0) score += crf.transitions[path[t - 1] * labels + path[t]];
  }
  return score;
}

/** Every path, ordered by its last label, then its last but one, …: labels^steps of them. */
export function* everyPath(labels: number, steps: number): Generator<readonly number[]> {
  if (steps === 0) return yield [];
  for (let last = 0; last < labels; last++) {
    for (const before of everyPath(labels, steps - 1)) yield [...before, last];
  }
}

/** By enumeration. */
export function decodeByEnumeration(crf: Crf, emissions: ArrayLike<number>): Decoded {
  const labels = crf.start.length;
  const steps = emissions.length / labels;
  const paths = [...everyPath(labels, steps)];
  const scores = paths.map((path) => pathScore(crf, emissions, path));
  const logZ = logSumExp(scores);
  const best = scores.reduce((found, score, i) => (score > scores[found] ? i : found), 0);
  const marginals = new Float64Array(steps * labels);
  paths.forEach((path, i) => {
    if (scores[i] > -Infinity) {
      for (let t = 0; t < steps; t++) marginals[t * labels + path[t]] += Math.exp(scores[i] - logZ);
    }
  });
  return { logZ, path: paths[best], score: scores[best], marginals };
}

export interface ScoredPath {
  readonly path: readonly number[];
  readonly score: number;
}

/** Which paths may be taken; undefined stands for what is before the first label and after the last. */
export interface Constraints {
  allows?(from: number | undefined, to: number | undefined): boolean;
  /** For each step the labels it may have, or undefined for all. */
  readonly labelsAt?: readonly (readonly number[] | undefined)[];
}

/**
 * Every path that keeps to the constraints, the best first; of equally good ones in the order of {@link everyPath}.
 * Nothing is learned here of how others keep to them: a forbidden path is not in the list.
 */
export function rankByEnumeration(
  crf: Crf,
  emissions: ArrayLike<number>,
  { allows = () => true, labelsAt = [] }: Constraints = {},
): ScoredPath[] {
  const labels = crf.start.length;
  const keeps = (path: readonly number[]) =>
    path.every((label, t) => allows(path[t - 1], label) && (labelsAt[t]?.includes(label) ?? true)) &&
    allows(path.at(-1), undefined);
  const paths = [...everyPath(labels, emissions.length / labels)].filter(keeps);
  return paths
    .map((path) => ({ path, score: pathScore(crf, emissions, path) }))
    .filter(({ score }) => score > -Infinity)
    .sort((a, b) => b.score - a.score);
}

/** The probability that the path has a property, by enumeration. */
export function probabilityByEnumeration(
  crf: Crf,
  emissions: ArrayLike<number>,
  property: (path: readonly number[]) => boolean,
): number {
  const labels = crf.start.length;
  const paths = [...everyPath(labels, emissions.length / labels)];
  const logOf = (some: readonly (readonly number[])[]) =>
    logSumExp(some.map((path) => pathScore(crf, emissions, path)));
  return Math.exp(logOf(paths.filter(property)) - logOf(paths));
}

/** By recursion: Viterbi 1967 for the best path, forward and backward sums for the rest. */
export function decodeByRecursion(crf: Crf, emissions: ArrayLike<number>): Decoded {
  const labels = crf.start.length;
  const alpha = forward(crf, emissions);
  const beta = backward(crf, emissions);
  const together = alpha.map((value, i) => value + beta[i]);
  const logZ = logSumExp(together.subarray(0, labels));
  const marginals = new Float64Array(emissions.length);
  for (let row = 0; row < emissions.length; row += labels) {
    // Each step's own sum is log Z but for rounding; taking it makes the step's marginals add up to 1 exactly.
    const total = logSumExp(together.subarray(row, row + labels));
    for (let j = row; j < row + labels; j++) marginals[j] = Math.exp(together[j] - total);
  }
  const path = viterbi(crf, emissions);
  return { logZ, path, score: pathScore(crf, emissions, path), marginals };
}

/** alpha[t, j]: log of the sum over all paths up to step t that end in label j. */
export function forward(crf: Crf, emissions: ArrayLike<number>): Float64Array {
  const labels = crf.start.length;
  const alpha = new Float64Array(emissions.length);
  for (let at = 0; at < emissions.length; at++) {
    const [t, j] = [Math.floor(at / labels), at % labels];
    const arrivals = Array.from(
      { length: labels },
      (_, i) => alpha[(t - 1) * labels + i] + crf.transitions[i * labels + j],
    );
    alpha[at] = (t === 0 ? crf.start[j] : logSumExp(arrivals)) + emissions[at];
  }
  return alpha;
}

/** beta[t, i]: log of the sum over all continuations after step t of a path that is at label i. */
export function backward(crf: Crf, emissions: ArrayLike<number>): Float64Array {
  const labels = crf.start.length;
  const last = emissions.length / labels - 1;
  const beta = new Float64Array(emissions.length);
  for (let at = emissions.length - 1; at >= 0; at--) {
    const [t, i] = [Math.floor(at / labels), at % labels];
    const departures = Array.from({ length: labels }, (_, j) => {
      const next = (t + 1) * labels + j;
      return crf.transitions[i * labels + j] + emissions[next] + beta[next];
    });
    beta[at] = t === last ? crf.end[i] : logSumExp(departures);
  }
  return beta;
}

function viterbi(crf: Crf, emissions: ArrayLike<number>): number[] {
  const labels = crf.start.length;
  const steps = emissions.length / labels;
  const first = (scores: readonly number[]) =>
    scores.reduce((found, score, i) => (score > scores[found] ? i : found), 0);
  const all = Array.from({ length: labels }, (_, j) => j);
  const cameFrom: number[][] = [];
  let best = all.map((j) => crf.start[j] + emissions[j]);
  for (let t = 1; t < steps; t++) {
    const arrivals = all.map((j) => all.map((i) => best[i] + crf.transitions[i * labels + j]));
    cameFrom.push(arrivals.map(first));
    best = arrivals.map((scores, j) => scores[first(scores)] + emissions[t * labels + j]);
  }
  const path = [first(best.map((score, j) => score + crf.end[j]))];
  for (const from of cameFrom.reverse()) path.unshift(from[path[0]]);
  return path;
}

/**
 * A stretch of labels, told by its pairs of neighbours: it starts between the labels at `start` − 1 and `start`, goes
 * on between all of its own, and ends between those at `end` − 1 and `end`. Beyond the text the neighbour is undefined.
 */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  starts(previous: number | undefined, label: number): boolean;
  goesOn(label: number, next: number): boolean;
  ends(label: number, next: number | undefined): boolean;
}

/**
 * The probability that the path has the stretch, by a forward recursion through it that keeps to the allowed pairs:
 * what an entity's score is. `Stretch` must allow at least one pair in each place for this to be above 0.
 */
export function stretchProbability(crf: Crf, emissions: ArrayLike<number>, stretch: Stretch): number {
  const labels = crf.start.length;
  const steps = emissions.length / labels;
  const { start, end } = stretch;
  const alpha = forward(crf, emissions);
  const beta = backward(crf, emissions);
  const all = Array.from({ length: labels }, (_, j) => j);
  const step = (i: number, j: number) => crf.transitions[i * labels + j];

  let inside = all.map((j) => {
    if (start === 0) return stretch.starts(undefined, j) ? alpha[j] : -Infinity;
    const before = all.filter((i) => stretch.starts(i, j));
    return (
      logSumExp(before.map((i) => alpha[(start - 1) * labels + i] + step(i, j))) +
      emissions[start * labels + j]
    );
  });
  for (let t = start + 1; t < end; t++) {
    inside = all.map((j) => {
      const before = all.filter((i) => stretch.goesOn(i, j));
      return logSumExp(before.map((i) => inside[i] + step(i, j))) + emissions[t * labels + j];
    });
  }
  const closed = all.flatMap((j) => {
    if (end === steps) return stretch.ends(j, undefined) ? [inside[j] + crf.end[j]] : [];
    const after = all.filter((k) => stretch.ends(j, k));
    return after.map((k) => inside[j] + step(j, k) + emissions[end * labels + k] + beta[end * labels + k]);
  });
  return Math.exp(logSumExp(closed) - logSumExp(alpha.slice(-labels).map((value, j) => value + crf.end[j])));
}
