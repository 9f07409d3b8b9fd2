import type { AdamW } from "./device.ts";

/** A sequence to learn from. */
export interface Example {
  /** With `[CLS]` and `[SEP]`. */
  readonly inputIds: Int32Array;
  /** One for each token, −100 for those that carry none; for whole sequences one alone. At least one label. */
  readonly labels: Int32Array;
}

/** How one step of AdamW goes. */
export interface UpdateSettings extends Pick<AdamW, "beta1" | "beta2" | "epsilon"> {
  /** Of a parameter, by its name. */
  readonly learningRate: (name: string) => number;
  /** Of matrices; biases, LayerNorm's and the CRF's parameters never decay. */
  readonly weightDecay: number;
  /** The global norm that gradients are scaled down to where it is larger. */
  readonly clipNorm: number;
  /** Counted from 1. */
  readonly step: number;
  /** Whether AdamW makes up for moments that begin at 0 (the default), which ELECTRA's pre-training does without. */
  readonly correctBias?: boolean;
}

/**
 * A model in training, as the loop sees it. Calls need not wait for those before them: they are done in the order in which
 * they were made, and a device of its own is kept at work where the next call is made before the results are asked for.
 */
export interface Trainee {
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Which build of the operations computes; a run that is to go on bit for bit goes on with the same. */
  readonly kernels: string;
  /** Memory that it holds, in bytes. */
  readonly byteLength: number;
  /**
   * In mixed precision, what gradients are scaled by on their way back, so that they don't vanish in 16 bits. Where an
   * {@link update} leaves it smaller than it was, gradients had no place in 16 bits, and the step was left out.
   */
  readonly lossScale?: number | undefined;
  /**
   * Forward and backward; gradients add up until {@link update}.
   *
   * @param seed of the dropout, 32 bits
   * @param scale of the loss and its gradients
   * @returns the sum of the losses times `scale`: of sequences under a CRF, of labelled tokens, or of whole sequences
   */
  accumulate(batch: readonly Example[], seed: number, scale: number): Promise<number>;
  /**
   * A step against the gradients, which are cleared. Where their norm is not finite nothing is changed.
   *
   * @returns the norm of all gradients, before clipping
   */
  update(settings: UpdateSettings): Promise<number>;
  /** The labels of the tokens that carry one, or of each sequence. */
  predict(batch: readonly Example[]): Promise<Int32Array[]>;
  /**
   * The softmax of the labels' scores, [tokens that carry a label, labels], or [labels] of each sequence.
   *
   * @throws {RangeError} under a CRF, whose labels depend on their neighbours
   */
  probabilities(batch: readonly Example[]): Promise<Float32Array[]>;
  /** All parameters by name, and AdamW's moments as `adam.first.<name>` and `adam.second.<name>`. */
  state(): Promise<Map<string, Float32Array>>;
  /** @throws {RangeError} where a tensor is missing or of another size */
  restore(state: ReadonlyMap<string, Float32Array>): void;
  dispose(): void;
}
