import { DisposedError } from "../../errors.ts";
import type { KernelPath } from "../../wasm/kernel-path.ts";
import { ACTIVATIONS } from "../../wasm/kernels.ts";
import type {
  Activation,
  AdamW,
  Buffer,
  CrfBuffers,
  Device,
  Draw,
  Dropout,
  MatmulOptions,
  Offsets,
  ParameterStep,
} from "../device.ts";
import { type TrainingKernel, type TrainingKernels, unitsOf } from "./kernels.ts";
import { addressOf, sizeOf, type WasmDeviceOptions, Workspace } from "./workspace.ts";

/** Training on the processor: the kernels of `assembly/train`, shared among threads. */
export class WasmDevice implements Device {
  readonly kernels: KernelPath;
  /** What is disposed of lets go of it, since a memory is free once nothing holds it. */
  #workspace: Workspace | undefined;

  private constructor(kernels: KernelPath, workspace: Workspace) {
    this.kernels = kernels;
    this.#workspace = workspace;
  }

  /** @throws {EngineError} `out-of-memory`, or `thread-failed` where a thread can't be started */
  static async create(options: WasmDeviceOptions): Promise<WasmDevice> {
    return new WasmDevice(options.path, await Workspace.create(options));
  }

  get byteLength(): number {
    return this.#workspace?.byteLength ?? 0;
  }

  allocate(rows: number, columns: number): Buffer {
    return this.#alive.allocate(rows, columns);
  }

  slice(buffer: Buffer, first: number, rows: number, columns: number): Buffer {
    return this.#alive.slice(buffer, first, rows, columns);
  }

  temporary(rows: number, columns: number): Buffer {
    return this.#alive.temporary(rows, columns);
  }

  integers(values: ArrayLike<number>): Buffer {
    return this.#alive.integers(values);
  }

  release(): void {
    this.#alive.release();
  }

  write(buffer: Buffer, values: Float32Array): void {
    this.#alive.write(buffer, values);
  }

  read(buffer: Buffer): Promise<Float32Array> {
    return this.#alive.read(buffer);
  }

  submit(): Promise<void> {
    return this.#alive.submit();
  }

  dispose(): void {
    this.#workspace?.dispose();
    this.#workspace = undefined;
  }

  get #alive(): Workspace {
    if (this.#workspace === undefined) throw new DisposedError("device");
    return this.#workspace;
  }

  fill(out: Buffer, value: number): void {
    this.#values("fill", out, [addressOf(out), value, sizeOf(out)]);
  }

  matmul(a: Buffer, b: Buffer, out: Buffer, options: MatmulOptions = {}): void {
    const { transposeA = false, transposeB = false, bias, accumulate = false } = options;
    const { rows: m, columns: n } = out;
    const k = transposeA ? a.rows : a.columns;
    const packed = this.#packColumns(b, transposeB, n, k);
    this.#alive.needScratch(this.#kernels.matmulScratchBytes(k, n));
    this.#record("matmul", unitsOf(m, "rows"), [
      addressOf(a),
      a.columns,
      +transposeA,
      packed,
      bias === undefined ? 0 : addressOf(bias),
      addressOf(out),
      n,
      +accumulate,
      m,
      n,
      k,
    ]);
  }

  add(x: Buffer, y: Buffer, out: Buffer): void {
    this.#values("add", out, [addressOf(x), addressOf(y), addressOf(out), sizeOf(out)]);
  }

  addRows(x: Buffer, out: Buffer): void {
    this.#columns("columnSums", x.columns, [addressOf(x), x.rows, x.columns, addressOf(out), 1]);
  }

  activate(x: Buffer, out: Buffer, activation: Activation): void {
    this.#values("activate", out, [addressOf(x), addressOf(out), sizeOf(out), ACTIVATIONS[activation]]);
  }

  activateBackward(x: Buffer, gradient: Buffer, out: Buffer, activation: Activation): void {
    const operands = [x, gradient, out].map(addressOf);
    this.#values("activateBackward", out, [...operands, sizeOf(out), ACTIVATIONS[activation]]);
  }

  rotary(x: Buffer, positions: Buffer, table: Buffer, columns: number, direction: 1 | -1): void {
    const operands = [x, positions, table].map(addressOf);
    this.#record("rotary", x.rows, [...operands, x.columns, columns, table.columns, direction]);
  }

  dropout(x: Buffer, out: Buffer, { probability, seed, site }: Dropout): void {
    this.#values("dropout", out, [addressOf(x), addressOf(out), sizeOf(out), probability, seed, site]);
  }

  layerNorm(x: Buffer, gamma: Buffer, beta: Buffer, out: Buffer, statistics: Buffer, epsilon: number): void {
    const operands = [x, gamma, beta, out, statistics].map(addressOf);
    this.#record("layerNorm", x.rows, [...operands, x.rows, x.columns, epsilon]);
  }

  layerNormBackward(x: Buffer, gamma: Buffer, statistics: Buffer, gradient: Buffer, out: Buffer): void {
    const operands = [x, gamma, statistics, gradient, out].map(addressOf);
    this.#record("layerNormBackward", x.rows, [...operands, x.rows, x.columns]);
  }

  layerNormParametersBackward(
    x: Buffer,
    statistics: Buffer,
    gradient: Buffer,
    gammaGradient: Buffer,
    betaGradient: Buffer,
  ): void {
    const operands = [x, statistics, gradient, gammaGradient, betaGradient].map(addressOf);
    this.#columns("layerNormParametersBackward", x.columns, [...operands, x.rows, x.columns]);
  }

  gather(ids: Buffer, table: Buffer, out: Buffer, accumulate = false): void {
    const operands = [ids, table, out].map(addressOf);
    this.#record("gather", out.rows, [...operands, +accumulate, out.rows, out.columns]);
  }

  gatherBackward(ids: Buffer, gradient: Buffer, tableGradient: Buffer): void {
    const operands = [ids, gradient, tableGradient].map(addressOf);
    this.#columns("scatterAdd", gradient.columns, [...operands, gradient.rows, gradient.columns]);
  }

  attention(
    queryKeyValue: Buffer,
    context: Buffer,
    offsets: Offsets,
    heads: number,
    dropout: Dropout,
  ): Buffer {
    const probabilities = this.temporary(1, blocksOf(offsets, heads).at(-1)!);
    this.#attend("attention", queryKeyValue, probabilities, [context], offsets, heads, dropout);
    return probabilities;
  }

  attentionBackward(
    queryKeyValue: Buffer,
    _context: Buffer,
    probabilities: Buffer,
    contextGradient: Buffer,
    queryKeyValueGradient: Buffer,
    offsets: Offsets,
    heads: number,
    dropout: Dropout,
  ): void {
    const gradients = [contextGradient, queryKeyValueGradient];
    this.#attend("attentionBackward", queryKeyValue, probabilities, gradients, offsets, heads, dropout);
  }

  #attend(
    kernel: "attention" | "attentionBackward",
    queryKeyValue: Buffer,
    probabilities: Buffer,
    others: readonly Buffer[],
    offsets: Offsets,
    heads: number,
    { probability, seed, site }: Dropout,
  ): void {
    const lengths = lengthsOf(offsets);
    const headSize = queryKeyValue.columns / 3 / heads;
    this.#alive.needScratch(this.#kernels.attentionTrainScratchBytes(Math.max(...lengths), headSize));
    this.#record(kernel, lengths.length * heads, [
      ...[queryKeyValue, this.integers(offsets), this.integers(blocksOf(offsets, heads))].map(addressOf),
      ...[probabilities, ...others].map(addressOf),
      heads,
      headSize,
      probability,
      seed,
      site,
    ]);
  }

  gru(inputs: Buffer, weight: Buffer, bias: Buffer, out: Buffer, offsets: Offsets, reverse: boolean): Buffer {
    const { rows: gates, columns: size } = weight;
    const packed = this.#packColumns(weight, true, gates, size);
    const kept = this.temporary(inputs.rows, 4 * size);
    this.#alive.needScratch(this.#kernels.gruScratchBytes(size));
    this.#record("gru", offsets.length - 1, [
      ...[inputs, this.integers(offsets)].map(addressOf),
      packed,
      ...[bias, out, kept].map(addressOf),
      size,
      +reverse,
    ]);
    return kept;
  }

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
  ): void {
    const { rows: gates, columns: size } = weight;
    const [hiddenGradient, previous] = [this.temporary(out.rows, gates), this.temporary(out.rows, size)];
    this.#alive.needScratch(this.#kernels.gruScratchBytes(size));
    this.#record("gruBackward", offsets.length - 1, [
      ...[this.integers(offsets), weight, out, kept, gradient].map(addressOf),
      ...[inputsGradient, hiddenGradient, previous].map(addressOf),
      size,
      +reverse,
    ]);
    this.matmul(hiddenGradient, previous, weightGradient, { transposeA: true, accumulate: true });
    this.addRows(hiddenGradient, biasGradient);
  }

  crossEntropy(logits: Buffer, labels: Buffer, scale: number, gradient: Buffer, loss: Buffer): void {
    const { rows, columns } = logits;
    const losses = this.#alive.bytes(rows * 8);
    const operands = [addressOf(logits), addressOf(labels), scale, losses, addressOf(gradient)];
    this.#record("crossEntropy", rows, [...operands, rows, columns]);
    this.#record("sum", 1, [losses, rows, addressOf(loss)]);
  }

  binaryCrossEntropy(logits: Buffer, labels: Buffer, scale: number, gradient: Buffer, loss: Buffer): void {
    const { rows } = logits;
    const losses = this.#alive.bytes(rows * 8);
    const operands = [addressOf(logits), addressOf(labels), scale, losses, addressOf(gradient)];
    this.#record("binaryCrossEntropy", rows, operands);
    this.#record("sum", 1, [losses, rows, addressOf(loss)]);
  }

  sample(logits: Buffer, ids: Buffer, { seed, site }: Draw): void {
    const { rows, columns } = logits;
    this.#record("sample", rows, [addressOf(logits), addressOf(ids), rows, columns, seed, site]);
  }

  replaceTokens(positions: Buffer, tokens: Buffer, inputIds: Buffer, labels: Buffer): void {
    const operands = [positions, tokens, inputIds, labels].map(addressOf);
    this.#record("replaceTokens", sizeOf(positions), operands);
  }

  countHits(logits: Buffer, labels: Buffer, counts: Buffer): void {
    const operands = [logits, labels, counts].map(addressOf);
    this.#record("countHits", 1, [...operands, logits.rows, logits.columns]);
  }

  scoreHistogram(logits: Buffer, labels: Buffer, histogram: Buffer): void {
    const operands = [logits, labels, histogram].map(addressOf);
    this.#record("scoreHistogram", 1, [...operands, logits.rows, histogram.columns]);
  }

  crfLoss(
    emissions: Buffer,
    labels: Buffer,
    offsets: Offsets,
    parameters: CrfBuffers,
    scale: number,
    emissionsGradient: Buffer,
    gradients: CrfBuffers,
    loss: Buffer,
  ): void {
    const lengths = lengthsOf(offsets);
    const sequences = lengths.length;
    const count = emissions.columns;
    const losses = this.#alive.bytes(sequences * 8);
    const partial = this.temporary(sequences, count * count + 2 * count);
    this.#alive.needScratch(this.#kernels.crfScratchBytes(Math.max(...lengths), count));
    this.#record("crfLoss", sequences, [
      ...[emissions, labels, this.integers(offsets)].map(addressOf),
      ...[parameters.start, parameters.transitions, parameters.end].map(addressOf),
      scale,
      losses,
      addressOf(emissionsGradient),
      addressOf(partial),
      count,
    ]);
    const sums = this.temporary(1, partial.columns);
    this.#columns("columnSums", partial.columns, [
      addressOf(partial),
      sequences,
      partial.columns,
      addressOf(sums),
      0,
    ]);
    let first = 0;
    for (const gradient of [gradients.start, gradients.transitions, gradients.end]) {
      this.add(gradient, this.slice(sums, first, gradient.rows, gradient.columns), gradient);
      first += sizeOf(gradient);
    }
    this.#record("sum", 1, [losses, sequences, addressOf(loss)]);
  }

  norm(x: Buffer, out: Buffer): void {
    const count = unitsOf(sizeOf(x), "squares");
    const squares = this.#alive.bytes(count * 8);
    this.#record("sumOfSquares", count, [addressOf(x), sizeOf(x), squares]);
    this.#record("rootOfSum", 1, [squares, count, addressOf(out)]);
  }

  adamW(steps: readonly ParameterStep[], settings: AdamW, norm: Buffer): void {
    const { beta1, beta2, epsilon, correction1, correction2, clipNorm } = settings;
    for (const { value, gradient, firstMoment, secondMoment, learningRate, weightDecay } of steps) {
      this.#values("adamW", value, [
        ...[value, gradient, firstMoment, secondMoment].map(addressOf),
        sizeOf(value),
        ...[learningRate, beta1, beta2, epsilon, weightDecay, correction1, correction2, clipNorm],
        addressOf(norm),
      ]);
    }
  }

  get #kernels(): TrainingKernels {
    return this.#alive.machine.kernels;
  }

  /** The columns [k, n] of a product's right side, or the rows [n, k] of one that is transposed; where they are packed. */
  #packColumns(b: Buffer, transposed: boolean, n: number, k: number): number {
    const packed = this.#alive.packed(this.#kernels.packColumnsBytes(n, k));
    this.#record("packColumns", unitsOf(n, "panels"), [addressOf(b), b.columns, +transposed, packed, n, k]);
    return packed;
  }

  #values(kernel: TrainingKernel, over: Buffer, operands: readonly number[]): void {
    this.#record(kernel, unitsOf(sizeOf(over), "values"), operands);
  }

  #columns(kernel: TrainingKernel, columns: number, operands: readonly number[]): void {
    this.#record(kernel, unitsOf(columns, "columns"), operands);
  }

  #record(kernel: TrainingKernel, count: number, operands: readonly number[]): void {
    this.#alive.record(kernel, count, operands);
  }
}

const lengthsOf = (offsets: Offsets) => offsets.slice(1).map((end, i) => end - offsets[i]!);

/** Where each sequence's attention probabilities [heads, length, length] begin, and where the last ones end. */
function blocksOf(offsets: Offsets, heads: number): number[] {
  const blocks = [0];
  for (const length of lengthsOf(offsets)) blocks.push(blocks.at(-1)! + heads * length * length);
  return blocks;
}
