import type { PathConstraints } from "../crf/constraints.ts";
import { Crf } from "../crf/crf.ts";
import { CrfStream } from "../crf/stream.ts";
import { indexOfMaximum } from "../scores.ts";
import type { Tagging } from "../tagging.ts";
import { SoftmaxStream, type TaggingStream } from "../tagging-stream.ts";
import type { HeadPlace } from "./head.ts";
import { TokenScores } from "./token-scores.ts";

/** A linear classifier over every token, and a CRF over their labels where the model has one. */
export class TokenClassifier extends TokenScores {
  readonly crf: Crf | undefined;

  constructor(place: HeadPlace) {
    const { machine, weights, metadata, capacity } = place;
    super(place, { scores: "classifier" }, metadata.labels.length);
    if (metadata.crf !== undefined) this.crf = new Crf(machine, weights, this.width, capacity);
  }

  prepare(): void {
    this.crf?.packTransitions();
  }

  /**
   * Tags a sequence of the batch that has run; what it returns must be used before the next call.
   *
   * @param row of the sequence's first token in the batch
   * @param labelled the ascending indices of its tokens that carry a label, at least one
   * @param constraints only for a model that has a CRF
   * @param contradiction called with the labelled token at which the constraints leave nothing; it must throw
   */
  tag(
    row: number,
    labelled: Int32Array,
    constraints?: PathConstraints,
    contradiction?: (token: number) => never,
  ): Tagging {
    const emissions = this.#gather(this.output + row * this.width * 4, labelled);
    const steps = labelled.length;
    if (this.crf === undefined) return this.#tagEach(emissions, steps);
    const { labels, score } = this.crf.viterbi(emissions, steps, constraints);
    if (constraints !== undefined && !(score > -Infinity)) {
      contradiction?.(this.crf.deadEnd(emissions, steps));
    }
    const posterior = this.crf.posterior(emissions, steps, constraints);
    return {
      labels,
      probabilities: posterior.marginals(),
      stretchProbability: (stretch) => posterior.probability(stretch),
      posterior,
    };
  }

  /** What tags a sequence of any length, given its emissions in parts: rows of {@link scores}. */
  stream(allows?: PathConstraints["allows"]): TaggingStream {
    return this.crf === undefined
      ? new SoftmaxStream(this.width)
      : new CrfStream(this.crf.transitions(allows));
  }

  /** The scores [rows, labels] of some of the batch's rows, in place until the next batch. */
  scores(row: number, rows: number): Float32Array {
    return this.machine.floats(this.output + row * this.width * 4, rows * this.width);
  }

  #tagEach(logits: number, tokens: number): Tagging {
    this.machine.kernels.softmax(logits, tokens, this.width, this.width, 1);
    const probabilities = this.machine.floats(logits, tokens * this.width).slice();
    const labels = Int32Array.from({ length: tokens }, (_, t) =>
      indexOfMaximum(probabilities.subarray(t * this.width, (t + 1) * this.width)),
    );
    return { labels, probabilities, stretchProbability: undefined };
  }

  /** Moves the labelled tokens' rows together. They ascend, so that no row is overwritten before its turn. */
  #gather(logits: number, labelled: Int32Array): number {
    const all = this.machine.floats(logits, this.width * (labelled.at(-1)! + 1));
    labelled.forEach((token, row) => {
      all.copyWithin(row * this.width, token * this.width, (token + 1) * this.width);
    });
    return logits;
  }
}
