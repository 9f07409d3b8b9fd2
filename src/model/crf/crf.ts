import type { Machine } from "../../wasm/machine.ts";
import type { Weights } from "../weights.ts";
import type { PathConstraints } from "./constraints.ts";
import { CrfPosterior } from "./posterior.ts";
import { type CrfScores, type CrfTransitions, NO_LABEL, type ScoredPath } from "./scores.ts";

const UNCONSTRAINED: PathConstraints = {};

/**
 * A linear-chain CRF (Lafferty et al. 2001) in pytorch-crf's convention: a path's score is the sum of its start
 * transition, its emissions, its transitions from label to label, and its end transition.
 */
export class Crf {
  readonly #machine: Machine;
  readonly #labels: number;
  readonly #stride: number;
  /** As in the file, then in the kernels' layout: rows padded to the stride. */
  readonly #loaded: { readonly start: number; readonly transitions: number; readonly end: number };
  readonly #start: number;
  readonly #transitions: number;
  readonly #transposed: number;
  readonly #end: number;
  readonly #forward: number;
  readonly #backward: number;
  readonly #marginals: number;
  readonly #path: number;
  #packed: PathConstraints["allows"];

  /** @param maxSteps the longest sequence that will be asked about */
  constructor(machine: Machine, weights: Weights, labels: number, maxSteps: number) {
    const stride = machine.kernels.crfStride(labels);
    const rows = (count: number) => machine.reserve(count * stride * 4);
    this.#machine = machine;
    this.#labels = labels;
    this.#stride = stride;
    this.#loaded = {
      start: weights.plain("crf.start_transitions"),
      transitions: weights.plain("crf.transitions"),
      end: weights.plain("crf.end_transitions"),
    };
    this.#start = rows(1);
    this.#transitions = rows(labels);
    this.#transposed = rows(labels);
    this.#end = rows(1);
    this.#forward = rows(maxSteps);
    this.#backward = rows(maxSteps);
    this.#marginals = rows(maxSteps);
    this.#path = machine.reserve(maxSteps * 4);
  }

  /** Puts the transitions where the kernels take them, −∞ in place of forbidden ones. Call once the weights are loaded. */
  packTransitions(allows: PathConstraints["allows"] = undefined): void {
    const [machine, labels, stride] = [this.#machine, this.#labels, this.#stride];
    const start = machine.floats(this.#start, labels);
    const end = machine.floats(this.#end, labels);
    start.set(machine.floats(this.#loaded.start, labels));
    end.set(machine.floats(this.#loaded.end, labels));
    const loaded = machine.floats(this.#loaded.transitions, labels * labels);
    const transitions = machine.floats(this.#transitions, labels * stride);
    const transposed = machine.floats(this.#transposed, labels * stride);
    for (let from = 0; from < labels; from++) {
      for (let to = 0; to < labels; to++) {
        const score = allows?.(from, to) === false ? -Infinity : loaded[from * labels + to]!;
        transitions[from * stride + to] = score;
        transposed[to * stride + from] = score;
      }
      if (allows?.(NO_LABEL, from) === false) start[from] = -Infinity;
      if (allows?.(from, NO_LABEL) === false) end[from] = -Infinity;
    }
    this.#packed = allows;
  }

  /**
   * The best path. Where the constraints leave none, its score is −∞ (or NaN, if an emission is), and only then.
   *
   * @param emissions address of [steps, labels], overwritten where a constraint forbids a label; at least one step
   */
  viterbi(emissions: number, steps: number, constraints = UNCONSTRAINED): ScoredPath {
    this.#constrain(emissions, steps, constraints);
    const score = this.#machine.kernels.crfViterbi(
      emissions,
      this.#start,
      this.#transitions,
      this.#end,
      this.#forward,
      this.#path,
      steps,
      this.#labels,
    );
    return { labels: this.#machine.integers(this.#path, steps).slice(), score };
  }

  /** The distribution over all paths that the constraints leave. What it returns must be used before the next call. */
  posterior(emissions: number, steps: number, constraints = UNCONSTRAINED): CrfPosterior {
    this.#constrain(emissions, steps, constraints);
    const { kernels } = this.#machine;
    const [start, end, labels] = [this.#start, this.#end, this.#labels];
    const logPartition = kernels.crfForward(
      emissions,
      start,
      this.#transitions,
      end,
      this.#forward,
      steps,
      labels,
    );
    kernels.crfBackward(emissions, start, this.#transposed, end, this.#backward, steps, labels);
    kernels.crfMarginals(emissions, this.#forward, this.#backward, this.#marginals, steps, labels);
    const rows = (address: number) => this.#machine.floats(address, steps * this.#stride);
    return new CrfPosterior({
      ...this.#scores(emissions, steps),
      logPartition,
      forward: rows(this.#forward),
      backward: rows(this.#backward),
      marginals: rows(this.#marginals),
    });
  }

  /** The first step that no path can be at, or the last where none can end. To be asked after a `viterbi` in vain. */
  deadEnd(emissions: number, steps: number): number {
    const [labels, stride] = [this.#labels, this.#stride];
    const best = this.#machine.floats(this.#forward, steps * stride);
    const rows = this.#machine.floats(emissions, steps * labels);
    const isReached = (step: number) =>
      rows
        .subarray(step * labels, (step + 1) * labels)
        .some((emission, label) => best[step * stride + label]! + emission > -Infinity);
    let step = 0;
    while (step < steps - 1 && isReached(step)) step++;
    return step;
  }

  /** Its scores without those of a sequence, in memory of their own. */
  transitions(allows: PathConstraints["allows"] = undefined): CrfTransitions {
    if (allows !== this.#packed) this.packTransitions(allows);
    const { labels, stride, start, transitions, end } = this.#scores(0, 0);
    return { labels, stride, start: start.slice(), transitions: transitions.slice(), end: end.slice() };
  }

  #constrain(emissions: number, steps: number, { allows, labelsAt }: PathConstraints): void {
    if (allows !== this.#packed) this.packTransitions(allows);
    for (const [step, labels] of labelsAt ?? []) {
      if (step >= steps) continue;
      const row = this.#machine.floats(emissions + step * this.#labels * 4, this.#labels);
      for (const label of row.keys()) if (!labels.has(label)) row[label] = -Infinity;
    }
  }

  #scores(emissions: number, steps: number): CrfScores {
    const [labels, stride] = [this.#labels, this.#stride];
    const floats = (address: number, count: number) => this.#machine.floats(address, count);
    return {
      steps,
      labels,
      stride,
      emissions: floats(emissions, steps * labels),
      start: floats(this.#start, stride),
      transitions: floats(this.#transitions, labels * stride),
      end: floats(this.#end, stride),
    };
  }
}
