import { logSumExp } from "../scores.ts";
import { nBest } from "./n-best.ts";
import { type CrfScores, NO_LABEL, pathScore, type ScoredPath, stepScore } from "./scores.ts";

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

export interface CrfMessages extends CrfScores {
  readonly logPartition: number;
  readonly forward: Float32Array; // [steps, stride]
  readonly backward: Float32Array; // [steps, stride]
  readonly marginals: Float32Array; // [steps, stride]
}

/** What a CRF believes of one sequence: the distribution over all paths that its constraints leave. */
export class CrfPosterior {
  readonly #messages: CrfMessages;
  /** [labels] each: what comes into a step, and what is summed for one label. */
  readonly #arriving: Float64Array;
  readonly #terms: Float64Array;
  #exact: number | undefined;

  constructor(messages: CrfMessages) {
    this.#messages = messages;
    this.#arriving = new Float64Array(messages.labels);
    this.#terms = new Float64Array(messages.labels);
  }

  /** log Z: the logarithm of the sum of e^score over all paths. */
  get logPartition(): number {
    return this.#messages.logPartition;
  }

  /** The same in memory of its own: what comes from {@link Crf.posterior} holds until the CRF is next used. */
  detach(): CrfPosterior {
    const copies = Object.entries(this.#messages).map(([name, value]) => [
      name,
      typeof value === "number" ? value : value.slice(),
    ]);
    return new CrfPosterior(Object.fromEntries(copies));
  }

  /** P(label at step): [steps, labels] */
  marginals(): Float32Array {
    const { marginals, steps, labels, stride } = this.#messages;
    const packed = new Float32Array(steps * labels);
    for (let t = 0; t < steps; t++) {
      packed.set(marginals.subarray(t * stride, t * stride + labels), t * labels);
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

  /** The natural logarithm of the probability of a path. @param path [steps]; −∞ where a constraint forbids it */
  logLikelihood(path: ArrayLike<number>): number {
    return pathScore(this.#messages, path) - this.#exactLogPartition();
  }

  /** The k likeliest paths, the best first, each with the natural logarithm of its probability. */
  nBest(k: number): { readonly labels: Int32Array; readonly logLikelihood: number }[] {
    const logPartition = this.#exactLogPartition();
    return nBest(this.#messages, k).map(({ labels, score }: ScoredPath) => {
      return { labels, logLikelihood: Math.min(0, score - logPartition) };
    });
  }

  /**
   * How many steps of each kind a path has on average; exact, by the linearity of expectations.
   *
   * @param kindOf the kind of the step from one label to the next, from 0 to `kinds` − 1; one below 0 is not counted
   * @returns [kinds]
   */
  expectedSteps(kinds: number, kindOf: (previous: number, label: number) => number): Float64Array {
    const { steps, labels, stride, emissions, forward, backward } = this.#messages;
    const expected = new Float64Array(kinds);
    const all = [...Array(labels).keys()];
    const [first, later] = [[NO_LABEL], all].map((before) =>
      before.flatMap((from) => all.map((to) => ({ from, to, kind: kindOf(from, to) }))),
    );
    for (let t = 0; t < steps; t++) {
      const pairs = (t === 0 ? first : later)!;
      const scores = new Float64Array(pairs.length);
      pairs.forEach(({ from, to }, i) => {
        const before = t === 0 ? 0 : forward[(t - 1) * stride + from]! + emissions[(t - 1) * labels + from]!;
        const after = emissions[t * labels + to]! + backward[t * stride + to]!;
        scores[i] = before + stepScore(this.#messages, from, to) + after;
      });
      const total = logSumExp(scores);
      pairs.forEach(({ kind }, i) => {
        if (kind >= 0) expected[kind]! += Math.exp(scores[i]! - total);
      });
    }
    return expected;
  }

  /** The kernels' own is summed in float32 within a step, too coarse for the probability of one path in thousands of steps. */
  #exactLogPartition(): number {
    const whole = { start: 0, end: this.#messages.steps, enters: always, continues: always, leaves: always };
    this.#exact ??= this.#logSum(whole);
    return this.#exact;
  }

  /** The recursion that `assembly/crf.ts` describes, in float64. Plain loops: its steps are many. */
  #logSum({ start, end, enters, continues, leaves }: Stretch): number {
    const { steps, labels, stride, emissions, forward, backward } = this.#messages;
    const scores = new Float64Array(labels);
    if (start === 0) {
      for (let to = 0; to < labels; to++) {
        scores[to] = enters(NO_LABEL, to) ? this.#messages.start[to]! : -Infinity;
      }
    } else {
      for (let from = 0; from < labels; from++) scores[from] = forward[(start - 1) * stride + from]!;
      this.#step(start - 1, scores, enters);
    }
    for (let t = start; t < end - 1; t++) this.#step(t, scores, continues);
    if (end < steps) {
      this.#step(end - 1, scores, leaves);
      for (let to = 0; to < labels; to++) {
        scores[to]! += emissions[end * labels + to]! + backward[end * stride + to]!;
      }
    } else {
      for (let from = 0; from < labels; from++) {
        const score = emissions[(end - 1) * labels + from]! + this.#messages.end[from]!;
        scores[from] = leaves(from, NO_LABEL) ? scores[from]! + score : -Infinity;
      }
    }
    return logSumExp(scores);
  }

  /** scores[to] = log Σ exp(scores[from] + emissions[t, from] + transitions[from, to]) over the allowed pairs, in place */
  #step(t: number, scores: Float64Array, allowed: (from: number, to: number) => boolean): void {
    const { labels, stride, emissions, transitions } = this.#messages;
    const [arriving, terms] = [this.#arriving, this.#terms];
    for (let from = 0; from < labels; from++) arriving[from] = scores[from]! + emissions[t * labels + from]!;
    for (let to = 0; to < labels; to++) {
      for (let from = 0; from < labels; from++) {
        const score = arriving[from]!;
        terms[from] =
          score !== -Infinity && allowed(from, to) ? score + transitions[from * stride + to]! : -Infinity;
      }
      scores[to] = logSumExp(terms);
    }
  }
}

const always = (): boolean => true;
