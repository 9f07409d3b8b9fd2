import { type CrfScores, NO_LABEL, pathScore, type ScoredPath, stepScore } from "./scores.ts";

/** All paths that have `label` at `step` and after it go as `rest` does. */
interface Branch {
  readonly step: number;
  readonly label: number;
  readonly rest: Int32Array;
  /** Of the best of them. */
  readonly score: number;
}

/**
 * The k best paths, exactly: Lawler's partition (1972) on the Viterbi lattice. Whatever is not a path already found
 * lies in one of the branches that leave it, and the lattice knows the best path of each branch; so no path comes twice.
 * Takes about steps · labels · (labels + k) additions in float64 and 12 bytes for each step and label.
 *
 * @returns best first; fewer where there are no more of finite score. Of equally good ones that comes first whose last
 *   label comes first in the label list, then its last but one, and so on
 */
export function nBest(scores: CrfScores, k: number): ScoredPath[] {
  const { steps, labels } = scores;
  const { best, cameFrom } = bestArrivals(scores);

  const branches: Branch[] = []; // in order, as many as can still be among the k best
  const found: ScoredPath[] = [];
  const labelOf = (branch: Branch, t: number, next: number): number => {
    if (t === branch.step) return branch.label;
    return t > branch.step ? branch.rest[t]! : cameFrom[(t + 1) * labels + next]!;
  };
  const comesBefore = (a: Branch, b: Branch): boolean => {
    if (a.score !== b.score) return a.score > b.score;
    let [ofA, ofB] = [NO_LABEL, NO_LABEL];
    for (let t = steps - 1; t >= 0 && ofA === ofB; t--) [ofA, ofB] = [labelOf(a, t, ofA), labelOf(b, t, ofB)];
    return ofA < ofB;
  };
  const branchOff = (step: number, except: number, rest: Int32Array, after: number) => {
    const next = rest[step + 1] ?? NO_LABEL;
    for (let label = 0; label < labels; label++) {
      const score = best[step * labels + label]! + (stepScore(scores, label, next) + after);
      if (label === except || !(score > -Infinity)) continue;
      const branch = { step, label, rest, score };
      let place = branches.length;
      while (place > 0 && comesBefore(branch, branches[place - 1]!)) place--;
      branches.splice(place, 0, branch);
      branches.length = Math.min(branches.length, k - found.length);
    }
  };

  branchOff(steps - 1, NO_LABEL, new Int32Array(0), 0);
  const after = new Float64Array(steps); // what a path scores from a step on
  for (let branch = branches.shift(); branch !== undefined; branch = branches.shift()) {
    const path = new Int32Array(steps);
    for (let t = steps - 1; t >= 0; t--) path[t] = labelOf(branch, t, path[t + 1] ?? NO_LABEL);
    found.push({ labels: path, score: pathScore(scores, path) });
    for (let t = steps - 1; t > 0; t--) {
      const own = scores.emissions[t * labels + path[t]!]!;
      after[t] = own + stepScore(scores, path[t]!, path[t + 1] ?? NO_LABEL) + (after[t + 1] ?? 0);
    }
    // From the first step on: where all is equal, what comes last in the order is then soon turned away.
    for (let t = 0; t < branch.step; t++) branchOff(t, path[t]!, path, after[t + 1]!);
  }
  // Sums in another order may differ in their last bits from those by which the branches were sorted.
  return found.sort((a, b) => b.score - a.score);
}

/** best[t, j]: the score of the best way to label j at step t, its emission included; cameFrom[t, j]: the label before. */
function bestArrivals(scores: CrfScores): { best: Float64Array; cameFrom: Int32Array } {
  const { steps, labels, stride, emissions, start, transitions } = scores;
  const best = new Float64Array(steps * labels);
  const cameFrom = new Int32Array(steps * labels);
  for (let t = 0; t < steps; t++) {
    for (let to = 0; to < labels; to++) {
      let arrival = t === 0 ? start[to]! : -Infinity;
      for (let from = 0; t > 0 && from < labels; from++) {
        const score = best[(t - 1) * labels + from]! + transitions[from * stride + to]!;
        if (score > arrival) {
          arrival = score;
          cameFrom[t * labels + to] = from;
        }
      }
      best[t * labels + to] = arrival + emissions[t * labels + to]!;
    }
  }
  return { best, cameFrom };
}
