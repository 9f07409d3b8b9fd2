/**
 * The exports of `assembly/index.ts`. Pointers are byte addresses in the machine's memory, sizes and strides count
 * elements, `0` is "none" where an operand may be left out.
 */
export interface Kernels {
  heapBase(): number;

  /** Both return 1 or 0. */
  includesLowestInt8(values: number, count: number): number;
  areWithin(values: number, count: number, lowest: number, highest: number): number;
  widenHalves(halves: number, count: number, floats: number): void;
  packedWeightBytes(n: number, k: number): number;
  packWeightRow(weights: number, k: number, row: number, packed: number): void;
  packedInt8WeightBytes(n: number, k: number): number;
  packInt8WeightRows(weights: number, rows: number, k: number, firstRow: number, packed: number): void;
  packInt8WeightScales(scales: number, rows: number, k: number, firstRow: number, packed: number): void;

  embed(
    inputIds: number,
    tokenTypeIds: number,
    words: number,
    positions: number,
    types: number,
    out: number,
    tokens: number,
    size: number,
  ): void;
  embedInt8(
    inputIds: number,
    tokenTypeIds: number,
    words: number,
    wordScales: number,
    positions: number,
    types: number,
    out: number,
    tokens: number,
    size: number,
  ): void;
  layerNorm(
    x: number,
    gamma: number,
    beta: number,
    out: number,
    rows: number,
    size: number,
    epsilon: number,
  ): void;
  /** Turns pairs of values in place, by the angles of each row's position; `direction` is 1, or −1 to turn back. */
  rotary(
    x: number,
    positions: number,
    table: number,
    tokens: number,
    stride: number,
    columns: number,
    headSize: number,
    direction: number,
  ): void;
  packedInputBytes(m: number, k: number): number;
  readonly packInputs: PackInputs;
  readonly gemm: Gemm;
  quantizedInputBytes(m: number, k: number): number;
  readonly quantizeInputs: PackInputs;
  readonly gemmInt8: Gemm;
  attentionScratchBytes(tokens: number, headSize: number): number;
  readonly attention: Attention;
  readonly attentionHeads: AttentionHeads;
  attentionIntegerScratchBytes(tokens: number, headSize: number): number;
  readonly attentionInteger: Attention;
  readonly attentionIntegerHeads: AttentionHeads;
  gru(
    inputs: number,
    inputStride: number,
    weights: number,
    bias: number,
    out: number,
    outStride: number,
    kept: number,
    keptStride: number,
    steps: number,
    size: number,
    reverse: number,
  ): void;
  softmax(x: number, rows: number, columns: number, stride: number, scale: number): void;

  crfStride(labels: number): number;
  crfViterbi(
    emissions: number,
    start: number,
    transitions: number,
    end: number,
    messages: number,
    path: number,
    steps: number,
    labels: number,
  ): number;
  readonly crfForward: CrfMessages;
  /** Takes the transitions transposed. */
  readonly crfBackward: CrfMessages;
  crfMarginals(
    emissions: number,
    forward: number,
    backward: number,
    marginals: number,
    steps: number,
    labels: number,
  ): void;
}

/** Packs inputs [m, k], whose rows lie `stride` values apart, for the product of the same precision. */
export type PackInputs = (inputs: number, m: number, k: number, stride: number, packed: number) => void;

/** out [m, n] = activation(inputs · weightsᵀ + bias) + residual, of packed inputs and weights. */
export type Gemm = (
  inputs: number,
  weights: number,
  bias: number,
  residual: number,
  out: number,
  m: number,
  n: number,
  k: number,
  outStride: number,
  activation: Activation,
) => void;

/** context [tokens, heads · headSize] of queryKeyValue [tokens, 3 · heads · headSize]. */
export type Attention = (
  queryKeyValue: number,
  context: number,
  scratch: number,
  tokens: number,
  heads: number,
  headSize: number,
) => void;

/** The same for the heads from `first` to before `last`. */
export type AttentionHeads = (...operands: [...Parameters<Attention>, first: number, last: number]) => void;

/** Fills the messages [steps, stride] of one direction and returns log Z. */
export type CrfMessages = (
  emissions: number,
  start: number,
  transitions: number,
  end: number,
  messages: number,
  steps: number,
  labels: number,
) => number;

/** What `gemm` does to each value after adding the bias. */
export const IDENTITY = 0;
export const GELU = 1;
export const GELU_NEW = 2;
export const RELU = 3;
export const TANH = 4;
export type Activation = typeof IDENTITY | typeof GELU | typeof GELU_NEW | typeof RELU | typeof TANH;

/** By Hugging Face's names. */
export const ACTIVATIONS: Readonly<Record<"gelu" | "gelu_new" | "relu" | "tanh", Activation>> = {
  gelu: GELU,
  gelu_new: GELU_NEW,
  relu: RELU,
  tanh: TANH,
};
