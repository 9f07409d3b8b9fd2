import type { Machine } from "../wasm/machine.ts";
import type { StartThread } from "../wasm/thread.ts";
import { ALONE, type PackedBatch, type Share, shareOfRows } from "./batch.ts";
import { Crf, type Stretch } from "./crf.ts";
import { Electra } from "./electra.ts";
import type { Linear } from "./layers.ts";
import type { ModelFile } from "./model-file.ts";
import { Team } from "./team.ts";
import type { Job, Joining } from "./team-member.ts";
import type { Weights } from "./weights.ts";

/** What a model says of the tokens of one sequence that carry a label. */
export interface Tagging {
  /** The label of each: the CRF's best path, or each token's likeliest. */
  readonly labels: Int32Array;
  /** [labelled tokens, labels]: the CRF's marginals, or the softmax of the logits. */
  readonly probabilities: Float32Array;
  /** The exact probability of a stretch under the CRF; undefined where the model has none. */
  readonly stretchProbability: ((stretch: Stretch) => number) | undefined;
}

/** ELECTRA with a linear classifier over every token, and a CRF over their labels where the model has one. */
export class TokenClassifier {
  readonly electra: Electra;
  readonly crf: Crf | undefined;
  readonly labels: number;
  readonly machine: Machine;
  readonly #classifier: Linear;
  readonly #logits: number;

  /** Threads that do the work; this thread does it where there are none. */
  #team: Team<Job> | undefined;

  constructor(machine: Machine, weights: Weights, { metadata }: ModelFile, threads = 1) {
    const { config } = metadata;
    this.labels = metadata.labels.length;
    this.machine = machine;
    this.electra = new Electra(machine, weights, config, threads);
    this.#classifier = weights.linear("classifier", this.labels, config.hidden_size);
    this.#logits = machine.reserve(config.max_position_embeddings * this.labels * 4);
    if (metadata.crf !== undefined) {
      this.crf = new Crf(machine, weights, this.labels, config.max_position_embeddings);
    }
  }

  /** Hands the work over to threads, as many as the model was laid out for. Its weights must be loaded. */
  async startTeam(
    startThread: StartThread,
    { threads, ...model }: Pick<Joining, "module" | "file" | "threads">,
  ): Promise<void> {
    const { memory } = this.machine;
    this.#team = await Team.start<Job>(
      startThread,
      threads,
      (thread): Joining => ({ ...model, memory, thread, threads }),
    );
  }

  /** Ends the threads that do the work, if any. */
  endTeam(): void {
    this.#team?.end();
  }

  /** @returns address of the logits [tokens, labels] of the whole batch, valid until the next */
  async logits(batch: PackedBatch): Promise<number> {
    this.electra.setBatch(batch);
    if (this.#team === undefined) return this.forward(batch.offsets, ALONE);
    await this.#team.run(batch.offsets);
    return this.#logits;
  }

  /** A thread's share of the logits of the batch in place. */
  forward(offsets: Int32Array, share: Share): number {
    const hidden = this.electra.forward(offsets, share);
    const rows = shareOfRows(offsets.at(-1)!, share);
    this.#classifier.forward(hidden, rows, this.electra.scratch(share.thread), this.#logits);
    return this.#logits;
  }

  /**
   * Tags the sequences of a batch one after the other; what it yields for one holds until the next is asked for.
   *
   * @param labelled for each sequence the ascending indices of its tokens that carry a label, at least one
   */
  async *tag(batch: PackedBatch, labelled: readonly Int32Array[]): AsyncGenerator<Tagging> {
    const logits = await this.logits(batch);
    for (const [i, tokens] of labelled.entries()) {
      const ofSequence = logits + batch.offsets[i]! * this.labels * 4;
      yield this.#tagSequence(this.#gather(ofSequence, tokens), tokens.length);
    }
  }

  #tagSequence(emissions: number, steps: number): Tagging {
    if (this.crf === undefined) return this.#tagEach(emissions, steps);
    const { labels } = this.crf.viterbi(emissions, steps);
    const posterior = this.crf.posterior(emissions, steps);
    return {
      labels,
      probabilities: posterior.marginals(),
      stretchProbability: (stretch) => posterior.probability(stretch),
    };
  }

  #tagEach(logits: number, tokens: number): Tagging {
    this.machine.kernels.softmax(logits, tokens, this.labels, this.labels, 1);
    const probabilities = this.machine.floats(logits, tokens * this.labels).slice();
    const labels = new Int32Array(tokens);
    for (let t = 0; t < tokens; t++) {
      const row = probabilities.subarray(t * this.labels, (t + 1) * this.labels);
      for (let label = 1; label < row.length; label++) if (row[label]! > row[labels[t]!]!) labels[t] = label;
    }
    return { labels, probabilities, stretchProbability: undefined };
  }

  /** Moves the labelled tokens' rows together. They ascend, so that no row is overwritten before its turn. */
  #gather(logits: number, labelled: Int32Array): number {
    const all = this.machine.floats(logits, this.labels * (labelled.at(-1)! + 1));
    labelled.forEach((token, row) => {
      all.copyWithin(row * this.labels, token * this.labels, (token + 1) * this.labels);
    });
    return logits;
  }
}
