import type { Activation } from "../../wasm/kernels.ts";
import type { Machine } from "../../wasm/machine.ts";
import { type Share, shareOfRows } from "../batch.ts";
import type { LayerNorm, Linear } from "../layers.ts";
import { TIED_LM_HEAD } from "../parameters.ts";
import type { Head, HeadPlace } from "./head.ts";

/**
 * The generator's head (Clark et al. 2020, section 2): which token of the vocabulary stands at a place. Few places of a
 * text are asked about, and the vocabulary is large: so it is a token's output vector that a batch leaves, and the
 * scores come one token at a time.
 */
export class VocabularyScores implements Head {
  /** [tokens, embedding_size] */
  readonly output: number;
  readonly #machine: Machine;
  readonly #hidden: number;
  readonly #activation: Activation;
  readonly #dense: Linear;
  readonly #norm: LayerNorm;
  readonly #vocabulary: Linear;
  readonly #scores: number;
  readonly #scratch: number;

  constructor({ machine, weights, metadata, hidden, activation, capacity }: HeadPlace) {
    const { hidden_size, embedding_size: embedding, vocab_size, layer_norm_eps } = metadata.config;
    this.#machine = machine;
    this.#hidden = hidden;
    this.#activation = activation;
    this.#dense = weights.linear("generator_predictions.dense", embedding, hidden_size);
    this.#norm = weights.layerNorm("generator_predictions.LayerNorm", embedding, layer_norm_eps);
    this.#vocabulary = weights.linear("generator_lm_head", vocab_size, embedding, () =>
      weights.has(TIED_LM_HEAD) ? TIED_LM_HEAD : "electra.embeddings.word_embeddings.weight",
    );
    this.output = machine.reserve(capacity * embedding * 4);
    this.#scores = machine.reserve(vocab_size * 4);
    this.#scratch = machine.reserve(
      Math.max(
        machine.kernels.packedInputBytes(1, embedding),
        machine.kernels.quantizedInputBytes(1, embedding),
      ),
    );
  }

  outputs(offsets: Int32Array): number {
    return offsets.at(-1)! * this.#vocabulary.inputs;
  }

  forward(offsets: Int32Array, share: Share, scratch: number): void {
    const rows = shareOfRows(offsets.at(-1)!, share);
    this.#dense.forward(this.#hidden, rows, scratch, this.output, 0, this.#activation);
    this.#norm.forward(this.output, rows);
  }

  /** Those of the last token. */
  scoresOfFirst(tokens: number): Float32Array {
    return this.scoresAt(tokens - 1);
  }

  /** The scores of the whole vocabulary [vocab_size] at a token of the batch; they hold until the next are asked for. */
  scoresAt(token: number): Float32Array<ArrayBuffer> {
    const { inputs, outputs } = this.#vocabulary;
    const row = this.output + token * inputs * 4;
    this.#vocabulary.forward(row, { first: 0, count: 1 }, this.#scratch, this.#scores);
    return this.#machine.floats(this.#scores, outputs);
  }
}
