import type { Machine } from "../wasm/machine.ts";
import type { Weights } from "./weights.ts";

/** A path of labels through a sequence, and its score: the logarithm of its unnormalised probability. */
export interface ViterbiPath {
  readonly labels: Int32Array;
  readonly score: number;
}

/** Before the first step and after the last one, where there is no label. */
export const NO_LABEL = -1;

/**
 * A set of label paths that agree on one stretch of steps, told by pairs of neighbouring labels; a neighbour outside
 * the sequence is {@link NO_LABEL}.
 */
export interface Stretch {
  /** Steps, half-open. */
  readonly start: number;
  readonly end: number;
  enters(previous: number, label: number): boolean;
  continues(previous: number, label: number): boolean;
  leaves(label: number, next: number): boolean;
}

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

  /** Call once the weights are loaded. */
  packTransitions(): void {
    const [machine, labels, stride] = [this.#machine, this.#labels, this.#stride];
    machine.floats(this.#start, labels).set(machine.floats(this.#loaded.start, labels));
    machine.floats(this.#end, labels).set(machine.floats(this.#loaded.end, labels));
    const loaded = machine.floats(this.#loaded.transitions, labels * labels);
    const transitions = machine.floats(this.#transitions, labels * stride);
    const transposed = machine.floats(this.#transposed, labels * stride);
    for (let from = 0; from < labels; from++) {
      for (let to = 0; to < labels; to++) {
        transitions[from * stride + to] = loaded[from * labels + to]!;
        transposed[to * stride + from] = loaded[from * labels + to]!;
      }
    }
  }

  /** The best path. @param emissions address of [steps, labels]; at least one step */
  viterbi(emissions: number, steps: number): ViterbiPath {
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

  /** The distribution over all paths. What it returns must be used before the next call. */
  posterior(emissions: number, steps: number): CrfPosterior {
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
    const floats = (address: number, rows: number) => this.#machine.floats(address, rows * this.#stride);
    return new CrfPosterior({
      logPartition,
      steps,
      labels,
      stride: this.#stride,
      emissions: this.#machine.floats(emissions, steps * labels),
      start: floats(start, 1),
      transitions: floats(this.#transitions, labels),
      end: floats(end, 1),
      forward: floats(this.#forward, steps),
      backward: floats(this.#backward, steps),
      marginals: floats(this.#marginals, steps),
    });
  }
}

interface Messages {
  readonly logPartition: number;
  readonly steps: number;
  readonly labels: number;
  readonly stride: number;
  readonly emissions: Float32Array; // [steps, labels]
  readonly start: Float32Array; // [stride]
  readonly transitions: Float32Array; // [labels, stride]
  readonly end: Float32Array; // [stride]
  readonly forward: Float32Array; // [steps, stride]
  readonly backward: Float32Array; // [steps, stride]
  readonly marginals: Float32Array; // [steps, stride]
}

/** What a CRF believes of one sequence. */
export class CrfPosterior {
  readonly #messages: Messages;

  constructor(messages: Messages) {
    this.#messages = messages;
  }

  /** log Z: the logarithm of the sum of e^score over all paths. */
  get logPartition(): number {
    return this.#messages.logPartition;
  }

  /** P(label at step): [steps, labels] */
  marginals(): Float32Array {
    const { marginals, steps, labels, stride } = this.#messages;
    const packed = new Float32Array(steps * labels);
    for (let t = 0; t < steps; t++) {
      for (let label = 0; label < labels; label++) {
        packed[t * labels + label] = marginals[t * stride + label]!;
      }
    }
    return packed;
  }

  /**
   * The exact probability of a stretch: the share of the paths in it among all paths. Both sums run over the stretch
   * alone; what lies to either side is in the messages and cancels.
   */
  probability(stretch: Stretch): number {
    const anything = { ...stretch, enters: always, continues: always, leaves: always };
    return Math.exp(this.#logSum(stretch) - this.#logSum(anything));
  }

  /** The recursion that `assembly/crf.ts` describes, in float64. Plain loops: its steps are many. */
  #logSum({ start, end, enters, continues, leaves }: Stretch): number {
    const { steps, labels, stride, emissions, forward, backward } = this.#messages;
    let scores: Float64Array;
    if (start === 0) {
      scores = new Float64Array(labels).fill(-Infinity);
      for (let to = 0; to < labels; to++) {
        if (enters(NO_LABEL, to)) scores[to] = this.#messages.start[to]!;
      }
    } else {
      scores = this.#step(start - 1, forward.subarray((start - 1) * stride), enters);
    }
    for (let t = start; t < end - 1; t++) scores = this.#step(t, scores, continues);
    if (end < steps) {
      scores = this.#step(end - 1, scores, leaves);
      for (let to = 0; to < labels; to++) {
        scores[to] += emissions[end * labels + to]! + backward[end * stride + to]!;
      }
    } else {
      for (let from = 0; from < labels; from++) {
        const score = emissions[(end - 1) * labels + from]! + this.#messages.end[from]!;
        scores[from] = leaves(from, NO_LABEL) ? scores[from]! + score : -Infinity;
      }
    }
    return logSumExp(scores);
  }

  /** out[to] = log Σ exp(scores[from] + emissions[t, from] + transitions[from, to]) over the allowed pairs */
  #step(
    t: number,
    scores: Float32Array | Float64Array,
    allowed: (from: number, to: number) => boolean,
  ): Float64Array {
    const { labels, stride, emissions, transitions } = this.#messages;
    const out = new Float64Array(labels);
    const terms = new Float64Array(labels);
    for (let to = 0; to < labels; to++) {
      for (let from = 0; from < labels; from++) {
        const score = scores[from]! + emissions[t * labels + from]!;
        terms[from] =
          score !== -Infinity && allowed(from, to) ? score + transitions[from * stride + to]! : -Infinity;
      }
      out[to] = logSumExp(terms);
    }
    return out;
  }
}

const always = (): boolean => true;

function logSumExp(terms: Float64Array): number {
  let largest = -Infinity;
  for (let i = 0; i < terms.length; i++) largest = Math.max(largest, terms[i]!);
  if (largest === -Infinity) return -Infinity;
  let sum = 0;
  for (let i = 0; i < terms.length; i++) if (terms[i] !== -Infinity) sum += Math.exp(terms[i]! - largest);
  return largest + Math.log(sum);
}
