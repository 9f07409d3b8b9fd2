import { type ElectraConfig, hasWordsAlone, isRotary } from "../model/config.ts";
import { headActivation } from "../model/head-activation.ts";
import { rotaryColumns, sinusoids } from "../model/rotary.ts";
import type { Buffer, Device, Dropout, Offsets } from "./device.ts";
import { activate, add, attention, dropout, embed, layerNorm, linear, rotary, takeRows } from "./ops.ts";
import type { Parameters } from "./parameters.ts";
import type { Tape, Tensor } from "./tape.ts";

/** Shares of values that are dropped while training, named as in Hugging Face's `ElectraConfig`. */
export interface DropoutRates {
  readonly hidden_dropout_prob: number;
  readonly attention_probs_dropout_prob: number;
  readonly classifier_dropout: number;
}

/** Parameters by Hugging Face's names. */
export type NamedParameters = Pick<Parameters, "get">;

/** Sequences packed one after the other, on the device. */
export interface DeviceBatch {
  readonly inputIds: Buffer;
  readonly positions: Buffer;
  readonly tokenTypeIds: Buffer;
  readonly offsets: Offsets;
}

/**
 * ELECTRA's encoder (Clark et al. 2020) as a graph to train. The third telling of one network: `src/model/electra.ts` runs
 * it without a tape and `test/reference/electra.ts` says it in scalars; tests hold the three equal.
 */
export class ElectraNetwork {
  readonly config: ElectraConfig;
  readonly #parameters: NamedParameters;
  readonly #rates: DropoutRates;
  #table: Buffer | undefined;

  constructor(config: ElectraConfig, parameters: NamedParameters, rates: DropoutRates) {
    this.config = config;
    this.#parameters = parameters;
    this.#rates = rates;
  }

  /** The last hidden state, [tokens, hidden_size]. */
  encode(tape: Tape, batch: DeviceBatch, draws: Draws): Tensor {
    let hidden = this.#embed(tape, batch, draws);
    for (let i = 0; i < this.config.num_hidden_layers; i++) {
      hidden = this.#layer(tape, `electra.encoder.layer.${i}`, hidden, batch, draws);
    }
    return hidden;
  }

  /** A label's score for each of the given tokens, as `ElectraForTokenClassification`: [rows, labels] */
  classifyTokens(tape: Tape, hidden: Tensor, rows: Buffer, draws: Draws): Tensor {
    const dropped = dropout(tape, hidden, draws.next(this.#rates.classifier_dropout));
    return this.#linear(tape, "classifier", takeRows(tape, dropped, rows));
  }

  /** A label's score for each sequence by its first token, as `ElectraForSequenceClassification`: [sequences, labels] */
  classifySequences(tape: Tape, hidden: Tensor, firstTokens: Buffer, draws: Draws): Tensor {
    const rate = this.#rates.classifier_dropout;
    const first = dropout(tape, takeRows(tape, hidden, firstTokens), draws.next(rate));
    const dense = activate(
      tape,
      this.#linear(tape, "classifier.dense", first),
      headActivation(this.config, "text-classification"),
    );
    return this.#linear(tape, "classifier.out_proj", dropout(tape, dense, draws.next(rate)));
  }

  /**
   * Each token's score at the given places, as `ElectraForMaskedLM`: [rows, vocab_size]. The output matrix is the word
   * embeddings (Clark et al. 2020, section 3.2).
   */
  predictTokens(tape: Tape, hidden: Tensor, rows: Buffer): Tensor {
    const taken = takeRows(tape, hidden, rows);
    const dense = activate(
      tape,
      this.#linear(tape, "generator_predictions.dense", taken),
      headActivation(this.config, "fill-mask"),
    );
    const normal = this.#layerNorm(tape, "generator_predictions.LayerNorm", dense);
    const tied = this.#parameters.get("electra.embeddings.word_embeddings.weight");
    return linear(tape, normal, tied, this.#parameters.get("generator_lm_head.bias"));
  }

  /** Above 0 for a token that looks replaced, as `ElectraForPreTraining`: [tokens, 1] */
  detectReplaced(tape: Tape, hidden: Tensor): Tensor {
    const dense = activate(
      tape,
      this.#linear(tape, "discriminator_predictions.dense", hidden),
      headActivation(this.config, "replaced-token-detection"),
    );
    return this.#linear(tape, "discriminator_predictions.dense_prediction", dense);
  }

  #embed(tape: Tape, { inputIds, positions, tokenTypeIds }: DeviceBatch, draws: Draws): Tensor {
    const table = (name: string) => this.#parameters.get(`electra.embeddings.${name}.weight`);
    const words = { ids: inputIds, table: table("word_embeddings") };
    if (hasWordsAlone(this.config)) {
      return dropout(tape, embed(tape, [words]), draws.next(this.#rates.hidden_dropout_prob));
    }
    const sum = embed(tape, [
      words,
      ...(isRotary(this.config) ? [] : [{ ids: positions, table: table("position_embeddings") }]),
      { ids: tokenTypeIds, table: table("token_type_embeddings") },
    ]);
    const normal = this.#layerNorm(tape, "electra.embeddings.LayerNorm", sum);
    const dropped = dropout(tape, normal, draws.next(this.#rates.hidden_dropout_prob));
    if (this.config.embedding_size === this.config.hidden_size) return dropped;
    return this.#linear(tape, "electra.embeddings_project", dropped);
  }

  #layer(
    tape: Tape,
    name: string,
    hidden: Tensor,
    { offsets, positions }: DeviceBatch,
    draws: Draws,
  ): Tensor {
    const { hidden_dropout_prob, attention_probs_dropout_prob } = this.#rates;
    let queryKeyValue = this.#linear(tape, `${name}.attention.self.queryKeyValue`, hidden);
    if (isRotary(this.config)) {
      const table = this.#sinusoids(tape.device);
      queryKeyValue = rotary(tape, queryKeyValue, positions, table, rotaryColumns(this.config));
    }
    const heads = this.config.num_attention_heads;
    const context = attention(tape, queryKeyValue, offsets, heads, draws.next(attention_probs_dropout_prob));
    const projected = this.#linear(tape, `${name}.attention.output.dense`, context);
    const attended = this.#layerNorm(
      tape,
      `${name}.attention.output.LayerNorm`,
      add(tape, dropout(tape, projected, draws.next(hidden_dropout_prob)), hidden),
    );
    const intermediate = activate(
      tape,
      this.#linear(tape, `${name}.intermediate.dense`, attended),
      this.config.hidden_act,
    );
    const output = this.#linear(tape, `${name}.output.dense`, intermediate);
    return this.#layerNorm(
      tape,
      `${name}.output.LayerNorm`,
      add(tape, dropout(tape, output, draws.next(hidden_dropout_prob)), attended),
    );
  }

  /** Of rotary positions, on the device from when they are first needed. */
  #sinusoids(device: Device): Buffer {
    if (this.#table === undefined) {
      const { max_position_embeddings: positions, hidden_size, num_attention_heads } = this.config;
      this.#table = device.allocate(positions, hidden_size / num_attention_heads);
      device.write(this.#table, sinusoids(this.config));
    }
    return this.#table;
  }

  #linear(tape: Tape, name: string, x: Tensor): Tensor {
    return linear(tape, x, this.#parameters.get(`${name}.weight`), this.#parameters.get(`${name}.bias`));
  }

  #layerNorm(tape: Tape, name: string, x: Tensor): Tensor {
    const [gamma, beta] = [this.#parameters.get(`${name}.weight`), this.#parameters.get(`${name}.bias`)];
    return layerNorm(tape, x, gamma, beta, this.config.layer_norm_eps);
  }
}

/** The dropouts of one step, each at a site of its own. */
export class Draws {
  readonly #seed: number | undefined;
  #site = 0;

  /** @param seed 32 bits; undefined where nothing is dropped, as in prediction */
  constructor(seed: number | undefined) {
    this.#seed = seed;
  }

  next(probability: number): Dropout {
    const site = this.#site++;
    return { probability: this.#seed === undefined ? 0 : probability, seed: this.#seed ?? 0, site };
  }
}
