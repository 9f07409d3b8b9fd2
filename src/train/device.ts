/** What training can run on: the processor, the GPU, or the GPU where there is one and the processor otherwise. */
export const DEVICES = ["wasm", "webgpu", "auto"] as const;
export type DeviceName = (typeof DEVICES)[number];

/**
 * Values on a device, row-major [rows, columns]: 32-bit floats, or 32-bit integers where an operation says ids, labels or
 * offsets. What else it holds is the device's own affair.
 */
export interface Buffer {
  readonly rows: number;
  readonly columns: number;
}

/** By Hugging Face's names. */
export type Activation = "gelu" | "gelu_new" | "relu" | "tanh";

/** What random numbers are drawn from, one for each index. */
export interface Draw {
  /** Of the step: 32 bits. */
  readonly seed: number;
  /** Which draw of the network this is: the same seed, site and position give the same number on every device. */
  readonly site: number;
}

/** Values that are dropped at random while training, so that a network does not lean on any of them. */
export interface Dropout extends Draw {
  /** Share that is dropped, from 0 to below 1; the others are scaled up by 1 / (1 − probability). */
  readonly probability: number;
}

/** Sequences packed one after the other: sequence `i` is the rows from `offsets[i]` to before `offsets[i + 1]`. */
export type Offsets = readonly number[];

export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** [columns of out], added to each row. */
  readonly bias?: Buffer | undefined;
  /** Add to what `out` holds. */
  readonly accumulate?: boolean;
}

/** A linear-chain CRF's parameters, or the gradients of them: [1, labels], [labels, labels] from row to column, [1, labels]. */
export interface CrfBuffers {
  readonly start: Buffer;
  readonly transitions: Buffer;
  readonly end: Buffer;
}

/** A parameter with what AdamW keeps of it; all of one shape. */
export interface Trained {
  readonly value: Buffer;
  readonly gradient: Buffer;
  readonly firstMoment: Buffer;
  readonly secondMoment: Buffer;
}

/** A parameter that is to take a step, at a rate of its own. */
export interface ParameterStep extends Trained {
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** AdamW (Loshchilov & Hutter 2019) as torch.optim.AdamW computes it: decay acts on the weights, not on the gradient. */
export interface AdamW {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** 1 − betaᵗ at step t; 1 switches the bias correction off, as ELECTRA's pre-training does. */
  readonly correction1: number;
  readonly correction2: number;
  /** The norm that gradients are scaled down to where theirs is larger, as torch.nn.utils.clip_grad_norm_ does. */
  readonly clipNorm: number;
}

/**
 * Floats of 16 bits beside those of 32 (Micikevicius et al. 2018): every operation takes either as operands that are floats,
 * and adds up in 32 bits. What has no place in 16 bits becomes infinite.
 */
export interface MixedPrecision {
  /** Floats of 16 bits, or of 32 where columns are no whole fours. As {@link Device.allocate}. */
  allocate(rows: number, columns: number): Buffer;
  /** As {@link Device.temporary}. */
  temporary(rows: number, columns: number): Buffer;
  /** out = x, rounded where `out` has fewer bits. */
  convert(x: Buffer, out: Buffer): void;
  /** x *= factor */
  multiply(x: Buffer, factor: number): void;
}

/**
 * What training runs on. Operations are recorded, and done in order once {@link submit} or {@link read} hands them over.
 * Nothing may be recorded, written or released while what was handed over is not yet taken, as `submit` tells. Forward and
 * backward are named alike; a backward operation writes its result unless it says that it accumulates. Operands must have
 * the shapes that are given, which the callers in `ops.ts` see to; a result may take the place of an operand only where it
 * says so.
 *
 * Promises reject with an {@link EngineError}: `out-of-memory`, `thread-failed`, or `device-lost`.
 */
export interface Device {
  /** Memory that lasts; zero at first. Integers in it are read and written as the floats that have their bits. */
  allocate(rows: number, columns: number): Buffer;
  /** A part of a buffer, in the same memory, from its value number `first` on. */
  slice(buffer: Buffer, first: number, rows: number, columns: number): Buffer;
  /** Memory that lasts until {@link release}; its values are whatever was there before. */
  temporary(rows: number, columns: number): Buffer;
  /** Ids, labels or other integers, in memory that lasts until {@link release}. */
  integers(values: ArrayLike<number>): Buffer;
  /** Forgets all temporary memory. Nothing may be waiting to be done. */
  release(): void;
  /** At once, before anything that is recorded and not yet handed over. */
  write(buffer: Buffer, values: Float32Array): void;
  /** Hands over what was recorded. @returns what the buffer holds then, whatever is recorded afterwards */
  read(buffer: Buffer): Promise<Float32Array>;
  /** Hands over what was recorded. @returns when the device has taken it, which may be long before all of it is done */
  submit(): Promise<void>;
  dispose(): void;
  /** Memory that the device holds in all. */
  readonly byteLength: number;
  /** Which build of the operations computes: results of different ones differ by rounding. */
  readonly kernels: string;
  /** Undefined where all floats are of 32 bits. */
  readonly mixedPrecision?: MixedPrecision | undefined;

  fill(out: Buffer, value: number): void;
  /** out = a · b, each transposed where the options say so */
  matmul(a: Buffer, b: Buffer, out: Buffer, options?: MatmulOptions): void;
  add(x: Buffer, y: Buffer, out: Buffer): void;
  /** out [1, columns] += the sum of x's rows */
  addRows(x: Buffer, out: Buffer): void;
  activate(x: Buffer, out: Buffer, activation: Activation): void;
  /** `out` may be `gradient`. */
  activateBackward(x: Buffer, gradient: Buffer, out: Buffer, activation: Activation): void;
  /**
   * Rotary position embeddings (Su et al. 2021) in place: each pair of the first `columns` of x turns by its angle at the
   * row's position.
   *
   * @param positions [rows]
   * @param table [positions, headSize]: the sines of a head's angles, then their cosines
   * @param direction −1 turns back, as gradients do
   */
  rotary(x: Buffer, positions: Buffer, table: Buffer, columns: number, direction: 1 | -1): void;
  /** Its own backward operation; `out` may be `x`. */
  dropout(x: Buffer, out: Buffer, dropout: Dropout): void;
  /** @param statistics [rows, 2]: mean and 1 / deviation, kept for the way back */
  layerNorm(x: Buffer, gamma: Buffer, beta: Buffer, out: Buffer, statistics: Buffer, epsilon: number): void;
  layerNormBackward(x: Buffer, gamma: Buffer, statistics: Buffer, gradient: Buffer, out: Buffer): void;
  /** Adds to the gradients of gamma and beta. */
  layerNormParametersBackward(
    x: Buffer,
    statistics: Buffer,
    gradient: Buffer,
    gammaGradient: Buffer,
    betaGradient: Buffer,
  ): void;
  /** out [ids, columns] = or += the table's rows that the ids name */
  gather(ids: Buffer, table: Buffer, out: Buffer, accumulate?: boolean): void;
  /** tableGradient[ids[i]] += gradient[i] */
  gatherBackward(ids: Buffer, gradient: Buffer, tableGradient: Buffer): void;
  /**
   * Softmax attention of every sequence for itself. Dropout counts the probabilities of the first sequence,
   * [heads, length, length], then the next one's, and so on.
   *
   * @param queryKeyValue [tokens, 3 · hidden]
   * @param context [tokens, hidden]
   * @returns what the way back needs beside the operands, in a form of the device's own
   */
  attention(
    queryKeyValue: Buffer,
    context: Buffer,
    offsets: Offsets,
    heads: number,
    dropout: Dropout,
  ): Buffer;
  attentionBackward(
    queryKeyValue: Buffer,
    context: Buffer,
    kept: Buffer,
    contextGradient: Buffer,
    queryKeyValueGradient: Buffer,
    offsets: Offsets,
    heads: number,
    dropout: Dropout,
  ): void;
  /**
   * One direction of a layer of gated recurrent units (Cho et al. 2014) as torch.nn.GRU has them, over every sequence for
   * itself, from h = 0 on.
   *
   * @param inputs [tokens, 3 · size]: the inputs' part in the gates r, z and n, its bias included
   * @param weight [3 · size, size], of h
   * @param bias [1, 3 · size], of h
   * @param out [tokens, 2 · size]: each token's h in the left half; the other stays
   * @param reverse whether a sequence is read from its end, and the right half of `out` filled
   * @returns what the way back needs beside the operands, in a form of the device's own
   */
  gru(inputs: Buffer, weight: Buffer, bias: Buffer, out: Buffer, offsets: Offsets, reverse: boolean): Buffer;
  /**
   * Adds to the gradients of weight and bias.
   *
   * @param gradient [tokens, 2 · size], of which one half is read
   */
  gruBackward(
    weight: Buffer,
    out: Buffer,
    kept: Buffer,
    gradient: Buffer,
    inputsGradient: Buffer,
    weightGradient: Buffer,
    biasGradient: Buffer,
    offsets: Offsets,
    reverse: boolean,
  ): void;
  /**
   * The negative log-probability of each row's label, and `scale` times its gradient by the logits.
   *
   * @param labels [rows]; −100 for a row that counts for nothing
   * @param gradient [rows, columns]
   * @param loss [1, 1]: the sum of the rows' losses
   */
  crossEntropy(logits: Buffer, labels: Buffer, scale: number, gradient: Buffer, loss: Buffer): void;
  /**
   * As {@link crossEntropy}, of the labels 1 and 0 for what has, or has not, what the one logit of each row speaks for.
   *
   * @param logits [rows, 1]
   * @param labels [rows]: 0, 1, or −100 for a row that counts for nothing
   */
  binaryCrossEntropy(logits: Buffer, labels: Buffer, scale: number, gradient: Buffer, loss: Buffer): void;
  /**
   * Draws a column of each row of softmax(logits): the first where logit + Gumbel noise is largest, the noise being
   * `gumbel` of `random.ts` by the value's index. No gradient goes through it.
   *
   * @param ids [rows], written
   */
  sample(logits: Buffer, ids: Buffer, draw: Draw): void;
  /**
   * Puts tokens where others were: inputIds[positions[i]] = tokens[i], and labels[positions[i]] = 1, or 0 where it is the
   * same token. The rest stays.
   *
   * @param positions all different
   */
  replaceTokens(positions: Buffer, tokens: Buffer, inputIds: Buffer, labels: Buffer): void;
  /**
   * Counts on: in how many rows no logit is above the label's, and how many have a label.
   *
   * @param labels [rows]; −100 for none
   * @param counts integers [1, 2], added to
   */
  countHits(logits: Buffer, labels: Buffer, counts: Buffer): void;
  /**
   * Counts on how often which logits go with which label, in bins of 1/64; those from bins / 2 on are of logits from 0
   * on, and the outermost take all that lies beyond.
   *
   * @param logits [rows, 1]
   * @param labels [rows]: 0, 1, or −100 for a row that counts for nothing
   * @param histogram integers [2, bins], added to
   */
  scoreHistogram(logits: Buffer, labels: Buffer, histogram: Buffer): void;
  /**
   * The negative log-likelihood of each sequence's labels under a CRF (Lafferty et al. 2001), and `scale` times its
   * gradients: written for the emissions, added for the parameters.
   *
   * @param loss [1, 1]: the sum over the sequences
   */
  crfLoss(
    emissions: Buffer,
    labels: Buffer,
    offsets: Offsets,
    parameters: CrfBuffers,
    scale: number,
    emissionsGradient: Buffer,
    gradients: CrfBuffers,
    loss: Buffer,
  ): void;
  /** out [1, 1] = √ of the sum of all squares */
  norm(x: Buffer, out: Buffer): void;
  /**
   * A step of every given parameter, or of none where the norm is not finite: nothing would be left of the weights.
   *
   * @param norm [1, 1]: of all gradients
   */
  adamW(steps: readonly ParameterStep[], settings: AdamW, norm: Buffer): void;
}
