import type { Activation } from "../../wasm/kernels.ts";
import type { Machine } from "../../wasm/machine.ts";
import type { Share } from "../batch.ts";
import type { ModelMetadata } from "../file/model-file.ts";
import type { Weights } from "../weights.ts";

/** What stands on the encoder for one task: it turns the last hidden state into scores. */
export interface Head {
  /** Address of the scores, laid out as the head says; they hold for the last batch until the next. */
  readonly output: number;
  /** How many values of them a batch leaves there. */
  outputs(offsets: Int32Array): number;
  /**
   * A thread's share of the scores. It reads the rows of the hidden state that are the thread's own, which are done.
   *
   * @param scratch of the thread, for linear layers
   */
  forward(offsets: Int32Array, share: Share, scratch: number): void;
  /** All that it makes of the first sequence of the batch that has run, which has `tokens` tokens, or of a sample of it. */
  scoresOfFirst?(tokens: number): Float32Array;
  /** What is to be done once the weights are loaded. */
  prepare?(): void;
}

/** Where a head is put. */
export interface HeadPlace {
  readonly machine: Machine;
  readonly weights: Weights;
  readonly metadata: ModelMetadata;
  /** Address of the last hidden state [tokens, size]. */
  readonly hidden: number;
  readonly size: number;
  /** What follows the head's dense layer, where it has one. */
  readonly activation: Activation;
  /** The most tokens of a batch. */
  readonly capacity: number;
}
