import { indexOfMaximum, logSumExp } from "../scores.ts";
import type { SettledTagging, TaggingStream } from "../tagging-stream.ts";
import { CrfPosterior } from "./posterior.ts";
import type { CrfTransitions } from "./scores.ts";

/** How far a probability may depend on what is not known yet: less than float32 tells apart below 1. */
const TOLERANCE = 1e-8;
const LOWEST = -Number.MAX_VALUE; // taken from −∞ leaves it

/**
 * A CRF over a sequence that comes in parts, for as much memory as the parts that it can't tell anything of yet.
 *
 * The best path is settled up to the step at which the best paths to all labels of the last step meet: however the
 * sequence goes on, it goes through there (Šrámek, Brejová & Vinař 2007). Probabilities are settled up to the step of which
 * the last step's label tells nothing: what follows can only mix the distributions that it has given each of those labels.
 * Labels are therefore those of Viterbi's algorithm over the whole sequence, and probabilities are within 1e-8 of the
 * whole sequence's, rounding aside. A CRF that never forgets takes memory for all of the sequence.
 */
export class CrfStream implements TaggingStream {
  readonly #crf: CrfTransitions;
  /** [labels] each, for what a step takes: a long text has so many that garbage would show. */
  readonly #scores: Float64Array;
  readonly #terms: Float64Array;
  #next: Float64Array;
  /** In what is stored: as told apart by {@link drop}, step 0 may be the one before the first that has not been dropped. */
  #steps = 0;
  #hasContext = false;
  #emissions = new Float32Array(); // [steps, labels]
  #forward = new Float32Array(); // [steps, stride]: messages as in assembly/crf.ts
  #cameFrom = new Uint16Array(); // [steps, labels]: the label before on the best path to each
  /** Of the best path to each label of the last step, its emission included, but for a constant. */
  #best: Float64Array;
  /** The first step that no path can be at. */
  #deadEnd: number | undefined;

  constructor(crf: CrfTransitions) {
    this.#crf = crf;
    this.#scores = new Float64Array(crf.labels);
    this.#terms = new Float64Array(crf.labels);
    this.#next = new Float64Array(crf.labels);
    this.#best = new Float64Array(crf.labels);
  }

  push(emissions: Float32Array): void {
    const { labels, stride, start, transitions } = this.#crf;
    const first = this.#steps;
    const steps = first + emissions.length / labels;
    this.#emissions = extended(this.#emissions, first * labels, steps * labels);
    this.#forward = extended(this.#forward, first * stride, steps * stride);
    this.#cameFrom = extended(this.#cameFrom, first * labels, steps * labels);
    this.#emissions.set(emissions, first * labels);
    this.#steps = steps;
    for (let t = first; t < steps; t++) {
      const [best, next] = [this.#best, this.#next];
      if (t === 0) {
        const begin = start.subarray(0, labels);
        next.set(begin);
        this.#forward.set(begin);
      } else {
        this.#addRows(this.#forward, (t - 1) * stride, this.#emissions, (t - 1) * labels);
        this.#passMessage(1, stride, this.#forward, t * stride);
        for (let to = 0; to < labels; to++) {
          let from = 0;
          for (let i = 1; i < labels; i++) {
            const better = best[i]! + transitions[i * stride + to]!;
            if (better > best[from]! + transitions[from * stride + to]!) from = i;
          }
          next[to] = best[from]! + transitions[from * stride + to]!;
          this.#cameFrom[t * labels + to] = from;
        }
      }
      for (let j = 0; j < labels; j++) next[j]! += this.#emissions[t * labels + j]!;
      const largest = next[indexOfMaximum(next)]!;
      if (largest === -Infinity) this.#deadEnd ??= t;
      else for (let j = 0; j < labels; j++) next[j]! -= largest;
      [this.#best, this.#next] = [next, best];
    }
  }

  settle(isEnd: boolean): SettledTagging {
    const { labels, stride } = this.#crf;
    const skipped = this.#hasContext ? 1 : 0;
    const path = this.#settledPath(isEnd);
    const deadEnd = this.#deadEnd ?? (isEnd && path.length === 0 ? this.#steps - 1 : undefined);
    const known = Math.max(skipped, isEnd ? this.#steps : this.#mixedSteps(path.length));
    const backward = this.#backward(isEnd);
    const probabilities = new Float32Array((known - skipped) * labels);
    for (let t = skipped; t < known; t++) {
      const row = this.#addRows(this.#forward, t * stride, this.#emissions, t * labels);
      for (let j = 0; j < labels; j++) row[j]! += backward[t * stride + j]!;
      exponentiate(row);
      let sum = 0;
      for (let j = 0; j < labels; j++) sum += row[j]!;
      for (let j = 0; j < labels; j++) {
        probabilities[(t - skipped) * labels + j] = sum > 0 ? row[j]! / sum : 0;
      }
    }
    const posterior = new CrfPosterior({
      ...this.#crf,
      steps: this.#steps,
      emissions: this.#emissions,
      forward: this.#forward,
      backward,
      marginals: probabilities,
      logPartition: Number.NaN, // of the whole sequence, which nobody knows yet
    });
    return {
      labels: path.slice(skipped, known),
      probabilities,
      deadEnd: deadEnd === undefined ? undefined : deadEnd - skipped,
      stretchProbability: (stretch) =>
        posterior.probability({ ...stretch, start: stretch.start + skipped, end: stretch.end + skipped }),
    };
  }

  drop(steps: number): void {
    const { labels, stride } = this.#crf;
    const gone = steps - (this.#hasContext ? 0 : 1);
    if (steps === 0) return;
    this.#emissions.copyWithin(0, gone * labels);
    this.#forward.copyWithin(0, gone * stride);
    this.#cameFrom.copyWithin(0, gone * labels);
    this.#steps -= gone;
    this.#hasContext = true;
  }

  /** The best path's labels up to the last step that is settled; none where no step is. */
  #settledPath(isEnd: boolean): Int32Array {
    const { labels, end } = this.#crf;
    let survivors = new Set<number>();
    if (isEnd) {
      const closed = this.#best.map((score, label) => score + end[label]!);
      const best = closed.reduce((a, b) => Math.max(a, b));
      if (best !== -Infinity) survivors.add(closed.indexOf(best));
    } else {
      for (let label = 0; label < labels; label++) if (this.#best[label] !== -Infinity) survivors.add(label);
    }
    let t = this.#steps - 1;
    for (; t > 0 && survivors.size > 1; t--) {
      survivors = new Set([...survivors].map((label) => this.#cameFrom[t * labels + label]!));
    }
    if (survivors.size !== 1) return new Int32Array();
    const path = new Int32Array(t + 1);
    path[t] = [...survivors][0]!;
    for (; t > 0; t--) path[t - 1] = this.#cameFrom[t * labels + path[t]!]!;
    return path;
  }

  /** How many of the first steps the last step's label tells nothing of. @param atMost that are asked about */
  #mixedSteps(atMost: number): number {
    const { labels, stride } = this.#crf;
    const stepWeights = this.#stepWeights();
    const possible: number[] = [];
    for (let j = 0; j < labels; j++) if (this.#best[j] !== -Infinity) possible.push(j);
    const columns = possible.length;
    // [labels, possible]: how likely, but for a factor of each column, a label is to lead to each of the last step's.
    let leads = new Float64Array(labels * columns);
    let next = new Float64Array(labels * columns);
    possible.forEach((label, j) => {
      leads[label * columns + j] = 1;
    });
    const after = new Float64Array(labels);
    const sums = new Float64Array(columns);
    const last = atMost === 0 ? 0 : this.#steps - 1;
    for (let t = last - 1; t >= 0; t--) {
      for (let j = 0; j < labels; j++) after[j] = this.#emissions[(t + 1) * labels + j]!;
      exponentiate(after);
      next.fill(0);
      for (let from = 0; from < labels; from++) {
        for (let to = 0; to < labels; to++) {
          const weight = stepWeights[from * labels + to]! * after[to]!;
          if (weight === 0) continue;
          for (let j = 0; j < columns; j++) next[from * columns + j]! += weight * leads[to * columns + j]!;
        }
      }
      [leads, next] = [next, leads];
      const before = this.#addRows(this.#forward, t * stride, this.#emissions, t * labels);
      exponentiate(before);
      sums.fill(0);
      for (let label = 0; label < labels; label++) {
        for (let j = 0; j < columns; j++) sums[j]! += before[label]! * leads[label * columns + j]!;
      }
      let spread = 0;
      for (let label = 0; label < labels; label++) {
        let [most, least] = [-Infinity, Infinity];
        for (let j = 0; j < columns; j++) {
          leads[label * columns + j]! /= sums[j]!;
          const share = before[label]! * leads[label * columns + j]!;
          most = Math.max(most, share);
          least = Math.min(least, share);
        }
        spread += most - least;
      }
      // Not so where a sum is 0, and the spread no number: too unlikely for float64 to say.
      if (t < atMost && spread <= TOLERANCE) return t + 1;
    }
    return 0;
  }

  /** e^transition [labels, labels], but for a factor. */
  #stepWeights(): Float64Array {
    const { labels, stride, transitions } = this.#crf;
    const weights = new Float64Array(labels * labels);
    for (let from = 0; from < labels; from++) {
      for (let to = 0; to < labels; to++) weights[from * labels + to] = transitions[from * stride + to]!;
    }
    exponentiate(weights);
    return weights;
  }

  #backward(isEnd: boolean): Float32Array {
    const { labels, stride, end } = this.#crf;
    const messages = new Float32Array(this.#steps * stride);
    if (isEnd) messages.set(end.subarray(0, labels), (this.#steps - 1) * stride);
    for (let t = this.#steps - 2; t >= 0; t--) {
      this.#addRows(messages, (t + 1) * stride, this.#emissions, (t + 1) * labels);
      this.#passMessage(stride, 1, messages, t * stride);
    }
    return messages;
  }

  /** The sum of two rows of labels, in `#scores`. */
  #addRows(a: Float32Array, atA: number, b: Float32Array, atB: number): Float64Array {
    for (let j = 0; j < this.#crf.labels; j++) this.#scores[j] = a[atA + j]! + b[atB + j]!;
    return this.#scores;
  }

  /**
   * out[at + j] = log Σᵢ exp(#scores[i] + transition between i and j), shifted so that its maximum is 0.
   *
   * @param across how far apart the transitions of neighbouring j lie, and `along` those of neighbouring i
   */
  #passMessage(across: number, along: number, out: Float32Array, at: number): void {
    const { labels, transitions } = this.#crf;
    let largest = -Infinity;
    for (let j = 0; j < labels; j++) {
      for (let i = 0; i < labels; i++) {
        this.#terms[i] = this.#scores[i]! + transitions[j * across + i * along]!;
      }
      out[at + j] = logSumExp(this.#terms);
      largest = Math.max(largest, out[at + j]!);
    }
    if (largest !== -Infinity) for (let j = 0; j < labels; j++) out[at + j]! -= largest;
  }
}

/** e^score in the score's place, but for a factor. */
function exponentiate(scores: Float64Array): void {
  const largest = Math.max(scores[indexOfMaximum(scores)]!, LOWEST);
  for (let i = 0; i < scores.length; i++) scores[i] = Math.exp(scores[i]! - largest);
}

/** Room for `length` values, the first `used` of them kept; it doubles, so that parts can be added one by one. */
function extended<Values extends Float32Array | Uint16Array>(
  values: Values,
  used: number,
  length: number,
): Values {
  if (values.length >= length) return values;
  const larger = new (values.constructor as new (length: number) => Values)(
    Math.max(length, 2 * values.length),
  );
  larger.set(values.subarray(0, used));
  return larger;
}
