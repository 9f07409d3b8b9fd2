import { indexOfMaximum, softmax } from "./scores.ts";
import type { Tagging } from "./tagging.ts";

export interface SettledTagging extends Tagging {
  /** Where no path is allowed, the step at which the last one ends. */
  readonly deadEnd?: number | undefined;
}

/** Tags a sequence of any length a part at a time, as if it had been given whole. */
export interface TaggingStream {
  /** @param emissions [steps, labels] of the steps that follow */
  push(emissions: Float32Array): void;
  /**
   * What is known of the steps that have not been dropped, from the first on, whatever may follow. Where more may follow
   * the last of them is there only for its neighbour's sake: no stretch may end with it.
   *
   * @param isEnd whether nothing follows; then all steps are known
   */
  settle(isEnd: boolean): SettledTagging;
  /** Forgets the first steps, but for what the others need of them. */
  drop(steps: number): void;
}

/** Each token's likeliest label, for models without a CRF. */
export class SoftmaxStream implements TaggingStream {
  readonly #labels: number;
  #probabilities = new Float32Array();

  constructor(labels: number) {
    this.#labels = labels;
  }

  push(emissions: Float32Array): void {
    const before = this.#probabilities.length;
    const all = new Float32Array(before + emissions.length);
    all.set(this.#probabilities);
    for (let at = 0; at < emissions.length; at += this.#labels) {
      all.set(softmax(emissions.subarray(at, at + this.#labels)), before + at);
    }
    this.#probabilities = all;
  }

  settle(): Tagging {
    const [probabilities, width] = [this.#probabilities, this.#labels];
    const labels = Int32Array.from({ length: probabilities.length / width }, (_, step) =>
      indexOfMaximum(probabilities.subarray(step * width, (step + 1) * width)),
    );
    return { labels, probabilities, stretchProbability: undefined };
  }

  drop(steps: number): void {
    this.#probabilities = this.#probabilities.slice(steps * this.#labels);
  }
}
