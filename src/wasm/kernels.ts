/**
 * The exports of `assembly/index.ts`. Pointers are byte addresses in the machine's memory, sizes and strides count
 * elements, `0` is "none" where an operand may be left out.
 */
export interface Kernels {
  heapBase(): number;

  widenHalves(halves: number, count: number, floats: number): void;
  packedWeightBytes(n: number, k: number): number;
  packWeightRow(weights: number, k: number, row: number, packed: number): void;
  packedInt8WeightBytes(n: number, k: number): number;
  packInt8WeightRow(weights: number, k: number, row: number, scale: number, packed: number): void;

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
  packedInputBytes(m: number, k: number): number;
  packInputs(inputs: number, m: number, k: number, stride: number, packed: number): void;
  gemm(
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
  ): void;

  quantizedInputBytes(m: number, k: number): number;
  quantizeInputs(inputs: number, m: number, k: number, stride: number, packed: number): void;
  gemmInt8(
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
  ): void;

  attentionScratchBytes(tokens: number, headSize: number): number;
  attention(
    queryKeyValue: number,
    context: number,
    scratch: number,
    tokens: number,
    heads: number,
    headSize: number,
  ): void;
  attentionHeads(
    queryKeyValue: number,
    context: number,
    scratch: number,
    tokens: number,
    heads: number,
    headSize: number,
    first: number,
    last: number,
  ): void;
  attentionInt16ScratchBytes(tokens: number, headSize: number): number;
  attentionInt16(
    queryKeyValue: number,
    context: number,
    scratch: number,
    tokens: number,
    heads: number,
    headSize: number,
  ): void;
  attentionInt16Heads(
    queryKeyValue: number,
    context: number,
    scratch: number,
    tokens: number,
    heads: number,
    headSize: number,
    first: number,
    last: number,
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
  crfForward(
    emissions: number,
    start: number,
    transitions: number,
    end: number,
    messages: number,
    steps: number,
    labels: number,
  ): number;
  crfBackward(
    emissions: number,
    start: number,
    transposed: number,
    end: number,
    messages: number,
    steps: number,
    labels: number,
  ): number;
  crfMarginals(
    emissions: number,
    forward: number,
    backward: number,
    marginals: number,
    steps: number,
    labels: number,
  ): void;
}

/** What `gemm` does to each value after adding the bias. */
export const IDENTITY = 0;
export const GELU = 1;
export type Activation = typeof IDENTITY | typeof GELU;
