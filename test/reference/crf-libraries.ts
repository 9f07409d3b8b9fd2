// What other libraries' CRFs compute, each as its code has it: its own tensors, its own order of indices, its own
// stand-ins for "never". Written from their documentation and source, in float64, one sequence at a time.

import { logSumExp } from "./math.ts";

type Matrix = readonly (readonly number[])[];

/** The first index of the largest value. */
const argmax = (values: readonly number[]): number =>
  values.reduce((found, value, i) => (value > values[found] ? i : found), 0);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The best way through a lattice: `first` scores where it begins, `step` each move, `last` where it ends. */
function bestPath(
  emissions: Matrix,
  first: (to: number) => number,
  step: (from: number, to: number) => number,
  last: (from: number) => number,
): number[] {
  const states = emissions[0].map((_, state) => state);
  const cameFrom: number[][] = [];
  let alpha = states.map((to) => first(to) + emissions[0][to]);
  for (const row of emissions.slice(1)) {
    const moves = states.map((to) => states.map((from) => alpha[from] + step(from, to)));
    cameFrom.push(moves.map(argmax));
    alpha = moves.map((scores, to) => Math.max(...scores) + row[to]);
  }
  const path = [argmax(states.map((state) => alpha[state] + last(state)))];
  for (const from of cameFrom.reverse()) path.unshift(from[path[0]]);
  return path;
}

/** allennlp.modules.ConditionalRandomField; start and end are zero where it was told to have none. */
export interface AllenNlpCrf {
  readonly start_transitions?: readonly number[];
  readonly end_transitions?: readonly number[];
  readonly transitions: Matrix;
  /** [tags + 2, tags + 2]: 1 where a step is allowed; START is row `tags`, END column `tags` + 1. */
  readonly _constraint_mask: Matrix;
}

/** `viterbi_tags`: a step that the mask forbids scores −10,000. */
export function allenNlpViterbi(crf: AllenNlpCrf, emissions: Matrix): number[] {
  const tags = crf.transitions.length;
  const masked = (score: number, from: number, to: number) => {
    const allowed = crf._constraint_mask[from][to];
    return score * allowed - 10_000 * (1 - allowed);
  };
  return bestPath(
    emissions,
    (to) => masked(crf.start_transitions?.[to] ?? 0, tags, to),
    (from, to) => masked(crf.transitions[from][to], from, to),
    (from) => masked(crf.end_transitions?.[from] ?? 0, from, tags + 1),
  );
}

/**
 * paddlenlp.layers.ViterbiDecoder, and paddle.text's after it. With tags, START is the last state and STOP the one
 * before it, and both are states like any other: they have emissions, and a path may lead through them.
 */
export function paddleViterbi(transitions: Matrix, withTags: boolean, emissions: Matrix): number[] {
  const [start, stop] = [transitions.length - 1, transitions.length - 2];
  // Before the first step all is at START: its score is 0, that of any other state −10,000.
  const first = (to: number) =>
    Math.max(...transitions.map((row, from) => row[to] + (from === start ? 0 : -10_000)));
  return bestPath(
    emissions,
    withTags ? first : () => 0,
    (from, to) => transitions[from][to],
    withTags ? (from) => transitions[stop][from] : () => 0,
  );
}

/** `LinearChainCrf.forward`: log Z, the matrix read from column to row. */
export function paddleLogZ(transitions: Matrix, withTags: boolean, emissions: Matrix): number {
  const states = transitions.map((_, state) => state);
  const [start, stop] = [transitions.length - 1, transitions.length - 2];
  let alpha = withTags ? states.map((state) => (state === start ? 0 : -10_000)) : [...emissions[0]];
  for (const row of withTags ? emissions : emissions.slice(1)) {
    const before = alpha;
    alpha = states.map((to) =>
      logSumExp(states.map((from) => row[to] + transitions[to][from] + before[from])),
    );
  }
  return logSumExp(alpha.map((score, from) => score + (withTags ? transitions[stop][from] : 0)));
}

/** `LinearChainCrf.gold_score`: a path's score, the matrix read from row to column. */
export function paddleGoldScore(
  transitions: Matrix,
  withTags: boolean,
  emissions: Matrix,
  path: readonly number[],
): number {
  const [start, stop] = [transitions.length - 1, transitions.length - 2];
  const states = withTags ? [start, ...path, stop] : path;
  const moves = states.slice(1).map((to, i) => transitions[states[i]][to]);
  return sum(moves) + sum(path.map((state, t) => emissions[t][state]));
}
