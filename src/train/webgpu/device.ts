import { EngineError } from "../../errors.ts";
import type {
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
import { Commands, type Groups } from "./commands.ts";
import type { Connection } from "./connection.ts";
import type { Kernel } from "./kernel.ts";
import {
  attention,
  attentionKeysBackward,
  attentionQueriesBackward,
  attentionTiles,
  attentionWorkgroupBytes,
  TILE_FIELDS,
} from "./kernels/attention.ts";
import * as columns from "./kernels/columns.ts";
import * as crf from "./kernels/crf.ts";
import * as elementwise from "./kernels/elementwise.ts";
import * as gathers from "./kernels/gather.ts";
import * as norms from "./kernels/layernorm.ts";
import * as losses from "./kernels/losses.ts";
import { cutProduct, matmul, TILE, type Tile } from "./kernels/matmul.ts";
import * as optimizer from "./kernels/optimizer.ts";
import * as tokens from "./kernels/replaced-tokens.ts";
import { Buffers, bytesOf, type GpuBuffer, Memory, Staging, sizeOf } from "./memory.ts";
import { jointSteps } from "./steps.ts";

const ROWS_AT_ONCE = 512; // that a workgroup sums by column; more are summed in parts of the following
const CHUNK = 128;
const ACROSS = 32_768; // workgroups along x, where there may be more than the 65,535 that a direction has

const gpu = (buffer: Buffer) => buffer as GpuBuffer;
const units = (count: number, size: number) => Math.ceil(count / size);
const capped = (count: number): Groups => [Math.min(count, ACROSS)];
const across = (count: number): Groups => [Math.min(count, ACROSS), units(count, ACROSS)];

/** What the names of this device's {@link Device.kernels} begin with. */
export const WEBGPU = "webgpu";

/** Training on a GPU: the kernels of `kernels/`, recorded and handed over a step at a time. */
export class WebGpuDevice implements Device {
  readonly kernels: string;
  readonly #connection: Connection;
  readonly #buffers: Buffers;
  readonly #memory: Memory;
  readonly #staging: Staging;
  readonly #commands: Commands;
  readonly #tile: Tile;
  /** Of this step's sequences, which every layer attends to. */
  readonly #tiles = new Map<Offsets, { heads: number; count: number; entries: Buffer }>();

  /** @param tile how products are cut, for measuring others */
  constructor(connection: Connection, tile = TILE) {
    const { vendor, architecture } = connection.adapter;
    this.kernels = [WEBGPU, vendor, architecture].filter((part) => part !== "").join(" ");
    this.#connection = connection;
    this.#buffers = new Buffers(connection);
    this.#memory = new Memory(this.#buffers);
    this.#staging = new Staging(connection, this.#buffers);
    this.#commands = new Commands(connection, this.#buffers);
    this.#tile = tile;
  }

  get byteLength(): number {
    return this.#buffers.byteLength;
  }

  allocate(rows: number, columns: number): Buffer {
    return this.#memory.allocate(rows, columns);
  }

  slice(buffer: Buffer, first: number, rows: number, columns: number): Buffer {
    const { memory, offset } = gpu(buffer);
    return { rows, columns, memory, offset: offset + first * 4 } as GpuBuffer;
  }

  temporary(rows: number, columns: number): GpuBuffer {
    return this.#memory.temporary(rows, columns);
  }

  integers(values: ArrayLike<number>): GpuBuffer {
    const buffer = this.temporary(1, values.length);
    this.#write(buffer, Int32Array.from(values));
    return buffer;
  }

  release(): void {
    this.#memory.release();
    this.#commands.release();
    this.#tiles.clear();
  }

  write(buffer: Buffer, values: Float32Array): void {
    this.#write(gpu(buffer), values);
  }

  async read(buffer: Buffer): Promise<Float32Array> {
    this.#buffers.assertUsable();
    const bytes = bytesOf(buffer);
    const staged = this.#staging.take(bytes);
    this.#commands.copyOut(gpu(buffer), staged);
    await this.#commands.submit();
    return this.#staging.read(staged, bytes);
  }

  submit(): Promise<void> {
    return this.#commands.submit();
  }

  dispose(): void {
    this.#buffers.dispose();
  }

  fill(out: Buffer, value: number): void {
    this.#each(elementwise.fill, { out }, { value });
  }

  matmul(a: Buffer, b: Buffer, out: Buffer, options: MatmulOptions = {}): void {
    const { transposeA = false, transposeB = false, bias, accumulate = false } = options;
    const { rows: m, columns: n } = out;
    const k = transposeA ? a.rows : a.columns;
    const { groups, partDepth, parts } = cutProduct(m, n, k, this.#tile);
    const wide = [a, b, out].every(({ columns }) => columns % 4 === 0);
    const variant = { transposeA, transposeB, wide, tile: this.#tile };
    const added = bias === undefined ? {} : { bias };
    const sizes = { m, n, k, partDepth };
    if (parts === 1) {
      const kernel = matmul({ ...variant, bias: bias !== undefined });
      this.#run(kernel, { a, b, ...added, out }, { ...sizes, accumulate: +accumulate }, groups);
      return;
    }
    const partial = this.temporary(parts * m, n);
    this.#run(
      matmul({ ...variant, bias: false }),
      { a, b, out: partial },
      { ...sizes, accumulate: 0 },
      groups,
    );
    this.#run(
      elementwise.sumParts({ bias: bias !== undefined }),
      { partial, ...added, out },
      { count: m * n, parts, columns: n, accumulate: +accumulate },
      capped(units(m * n, elementwise.ELEMENTWISE_WORKGROUP)),
    );
  }

  add(x: Buffer, y: Buffer, out: Buffer): void {
    this.#each(elementwise.add, { x, y, out }, {});
  }

  addRows(x: Buffer, out: Buffer): void {
    this.#sumColumns(x, out, true);
  }

  gelu(x: Buffer, out: Buffer): void {
    this.#each(elementwise.gelu, { x, out }, {});
  }

  geluBackward(x: Buffer, gradient: Buffer, out: Buffer): void {
    this.#each(elementwise.geluBackward, { x, gradient, out }, {});
  }

  dropout(x: Buffer, out: Buffer, dropout: Dropout): void {
    this.#each(elementwise.dropout, { x, out }, dropoutParameters(dropout));
  }

  layerNorm(x: Buffer, gamma: Buffer, beta: Buffer, out: Buffer, statistics: Buffer, epsilon: number): void {
    const { rows, columns: size } = x;
    this.#run(norms.layerNorm, { x, gamma, beta, out, statistics }, { rows, size, epsilon }, capped(rows));
  }

  layerNormBackward(x: Buffer, gamma: Buffer, statistics: Buffer, gradient: Buffer, out: Buffer): void {
    const { rows, columns: size } = x;
    const operands = { x, gamma, statistics, gradient, out };
    this.#run(norms.layerNormBackward, operands, { rows, size }, capped(rows));
  }

  layerNormParametersBackward(
    x: Buffer,
    statistics: Buffer,
    gradient: Buffer,
    gammaGradient: Buffer,
    betaGradient: Buffer,
  ): void {
    const kernel = columns.layerNormParametersBackward;
    const { groups, chunks, ...sizes } = cut(x);
    if (chunks === 1) {
      const operands = { x, statistics, gradient, gamma: gammaGradient, beta: betaGradient };
      this.#run(kernel, operands, { ...sizes, accumulate: 1 }, groups);
      return;
    }
    const [gamma, beta] = [this.temporary(chunks, x.columns), this.temporary(chunks, x.columns)];
    this.#run(kernel, { x, statistics, gradient, gamma, beta }, { ...sizes, accumulate: 0 }, groups);
    this.#sumColumns(gamma, gammaGradient, true);
    this.#sumColumns(beta, betaGradient, true);
  }

  gather(ids: Buffer, table: Buffer, out: Buffer, accumulate = false): void {
    const wide = out.columns % 4 === 0;
    const width = wide ? 4 : 1;
    const [count, size] = [sizeOf(out) / width, out.columns / width];
    const groups = capped(units(count, gathers.GATHER_WORKGROUP));
    this.#run(
      gathers.gather({ wide }),
      { ids, table, out },
      { count, size, accumulate: +accumulate },
      groups,
    );
  }

  gatherBackward(ids: Buffer, gradient: Buffer, tableGradient: Buffer): void {
    const { rows: count, columns: size } = gradient;
    if (count === 0) return;
    const chunks = units(count, gathers.CHUNK);
    const order = this.temporary(1, count);
    const edges = this.temporary(chunks * 2, size);
    const groups: Groups = [chunks, units(size, gathers.SCATTER_COLUMNS)];
    const sizes = { count, size };
    this.#run(gathers.sortIds, { ids, order }, { count }, [units(count, gathers.GATHER_WORKGROUP)]);
    this.#run(gathers.scatterChunks, { ids, order, gradient, tableGradient, edges }, sizes, groups);
    if (chunks > 1) this.#run(gathers.scatterEdges, { ids, order, edges, tableGradient }, sizes, groups);
  }

  attention(
    queryKeyValue: Buffer,
    context: Buffer,
    offsets: Offsets,
    heads: number,
    dropout: Dropout,
  ): Buffer {
    const kept = this.temporary(queryKeyValue.rows, heads);
    this.#attend(
      attention(variantOf(queryKeyValue, heads, dropout)),
      { queryKeyValue, context, kept },
      offsets,
      heads,
      dropout,
    );
    return kept;
  }

  attentionBackward(
    queryKeyValue: Buffer,
    context: Buffer,
    kept: Buffer,
    contextGradient: Buffer,
    queryKeyValueGradient: Buffer,
    offsets: Offsets,
    heads: number,
    dropout: Dropout,
  ): void {
    const slopes = this.temporary(queryKeyValue.rows, heads);
    const operands = { queryKeyValue, contextGradient, queryKeyValueGradient, kept, slopes };
    const variant = variantOf(queryKeyValue, heads, dropout);
    this.#attend(attentionQueriesBackward(variant), { ...operands, context }, offsets, heads, dropout);
    this.#attend(attentionKeysBackward(variant), operands, offsets, heads, dropout);
  }

  #attend(
    kernel: ReturnType<typeof attention>,
    operands: Readonly<Record<string, Buffer>>,
    offsets: Offsets,
    heads: number,
    dropout: Dropout,
  ): void {
    const headSize = operands["queryKeyValue"]!.columns / 3 / heads;
    const needed = attentionWorkgroupBytes(headSize);
    const limit = this.#connection.device.limits.maxComputeWorkgroupStorageSize;
    if (needed > limit) {
      const what = `attention with heads of ${headSize}`;
      throw new EngineError("no-webgpu", `${what} takes ${needed} bytes a workgroup; this GPU has ${limit}`);
    }
    let tiles = this.#tiles.get(offsets);
    if (tiles?.heads !== heads) {
      const entries = attentionTiles(offsets, heads);
      tiles = { heads, count: entries.length / TILE_FIELDS, entries: this.integers(entries) };
      this.#tiles.set(offsets, tiles);
    }
    this.#run(
      kernel,
      { ...operands, tiles: tiles.entries },
      { heads, scale: 1 / Math.sqrt(headSize), ...dropoutParameters(dropout) },
      [tiles.count, heads],
    );
  }

  crossEntropy(logits: Buffer, labels: Buffer, scale: number, gradient: Buffer, loss: Buffer): void {
    const { rows, columns } = logits;
    const own = this.temporary(1, rows);
    const operands = { logits, labels, gradient, losses: own };
    this.#run(losses.crossEntropy, operands, { rows, columns, scale }, capped(rows));
    this.#sum(losses.sum, own, loss);
  }

  binaryCrossEntropy(logits: Buffer, labels: Buffer, scale: number, gradient: Buffer, loss: Buffer): void {
    const { rows } = logits;
    const own = this.temporary(1, rows);
    const groups = capped(units(rows, losses.BINARY_CROSS_ENTROPY_WORKGROUP));
    this.#run(losses.binaryCrossEntropy, { logits, labels, gradient, losses: own }, { rows, scale }, groups);
    this.#sum(losses.sum, own, loss);
  }

  sample(logits: Buffer, ids: Buffer, { seed, site }: Draw): void {
    const { rows, columns } = logits;
    this.#run(tokens.sample, { logits, ids }, { rows, columns, seed, site }, capped(rows));
  }

  replaceTokens(positions: Buffer, drawn: Buffer, inputIds: Buffer, labels: Buffer): void {
    const count = sizeOf(positions);
    const groups: Groups = [units(count, tokens.REPLACED_TOKENS_WORKGROUP)];
    this.#run(tokens.replaceTokens, { positions, tokens: drawn, inputIds, labels }, { count }, groups);
  }

  countHits(logits: Buffer, labels: Buffer, counts: Buffer): void {
    const { rows, columns } = logits;
    this.#run(tokens.countHits, { logits, labels, counts }, { rows, columns }, capped(rows));
  }

  scoreHistogram(logits: Buffer, labels: Buffer, histogram: Buffer): void {
    const { rows } = logits;
    const groups: Groups = [units(rows, tokens.REPLACED_TOKENS_WORKGROUP)];
    this.#run(
      tokens.scoreHistogram,
      { logits, labels, histogram },
      { rows, bins: histogram.columns },
      groups,
    );
  }

  crfLoss(
    emissions: Buffer,
    labels: Buffer,
    offsets: Offsets,
    { start, transitions, end }: CrfBuffers,
    scale: number,
    emissionsGradient: Buffer,
    gradients: CrfBuffers,
    loss: Buffer,
  ): void {
    const sequences = offsets.length - 1;
    const { rows: steps, columns: count } = emissions;
    const width = count * (count + 2) + 1;
    const work = this.temporary(1, sequences * width + 2 * steps * (count + 1));
    this.#run(
      crf.crfLoss,
      {
        emissions,
        path: labels,
        offsets: this.integers(offsets),
        start,
        transitions,
        end,
        gradient: emissionsGradient,
        work,
      },
      { sequences, steps, labels: count, scale },
      [sequences],
    );
    const sums = this.temporary(1, width);
    this.#sumColumns(this.slice(work, 0, sequences, width), sums, false);
    const groups: Groups = [units(count * count, crf.CRF_GRADIENTS_WORKGROUP)];
    this.#run(crf.crfGradients, { sums, ...gradients, loss }, { labels: count }, groups);
  }

  norm(x: Buffer, out: Buffer): void {
    const count = sizeOf(x);
    const blocks = units(count, optimizer.SQUARES);
    const partial = this.temporary(1, blocks);
    this.#run(optimizer.sumOfSquares, { x, partial }, { count, across: ACROSS }, across(blocks));
    this.#sum(losses.rootOfSum, partial, out);
  }

  adamW(
    steps: readonly ParameterStep[],
    { beta1, beta2, epsilon, correction1, correction2, clipNorm }: AdamW,
    norm: Buffer,
  ): void {
    for (const { whole, blocks } of jointSteps(steps, correction1)) {
      const count = blocks.length / optimizer.BLOCK_FIELDS;
      this.#run(
        optimizer.adamW,
        { ...whole, blocks: this.integers(blocks), norm },
        {
          count,
          across: ACROSS,
          newest: 1 - beta1,
          keptSquares: beta2,
          newestSquares: 1 - beta2,
          root: 1 / Math.sqrt(correction2),
          epsilon,
          clipNorm,
        },
        across(count),
      );
    }
  }

  /** out [1, columns] (+)= Σ rows of x */
  #sumColumns(x: Buffer, out: Buffer, accumulate: boolean): void {
    const { groups, chunks, ...sizes } = cut(x);
    if (chunks === 1) {
      this.#run(columns.columnSums, { x, out }, { ...sizes, accumulate: +accumulate }, groups);
      return;
    }
    const partial = this.temporary(chunks, x.columns);
    this.#run(columns.columnSums, { x, out: partial }, { ...sizes, accumulate: 0 }, groups);
    this.#sumColumns(partial, out, accumulate);
  }

  #sum(kernel: typeof losses.sum, x: Buffer, out: Buffer): void {
    this.#run(kernel, { x, out }, { count: sizeOf(x) }, [1]);
  }

  #each<O extends string, P extends string>(
    kernel: (variant: elementwise.ElementwiseVariant) => Kernel<O | "out", P>,
    operands: Readonly<Record<O | "out", Buffer>>,
    parameters: Readonly<Omit<Record<P, number>, "count">>,
  ): void {
    const size = sizeOf(operands.out);
    const wide = size % 4 === 0;
    const count = wide ? size / 4 : size;
    const all = { ...parameters, count } as Readonly<Record<P | "count", number>>;
    this.#run(kernel({ wide }), operands, all, capped(units(count, elementwise.ELEMENTWISE_WORKGROUP)));
  }

  #run<O extends string, P extends string>(
    kernel: Kernel<O, P>,
    operands: Readonly<Record<O, Buffer>>,
    parameters: Readonly<Record<P, number>>,
    groups: Groups,
  ): void {
    this.#commands.dispatch(kernel, operands as Readonly<Record<O, GpuBuffer>>, parameters, groups);
  }

  #write({ memory, offset }: GpuBuffer, values: Float32Array | Int32Array): void {
    this.#buffers.assertUsable();
    const { buffer, byteOffset, byteLength } = values;
    this.#connection.device.queue.writeBuffer(memory, offset, buffer as ArrayBuffer, byteOffset, byteLength);
  }
}

/** How sums by column are shared: the rows of a chunk to a workgroup. */
function cut({ rows, columns: width }: Buffer) {
  const chunk = rows <= ROWS_AT_ONCE ? Math.max(rows, 1) : CHUNK;
  const chunks = Math.max(units(rows, chunk), 1);
  const groups: Groups = [units(width, columns.COLUMNS), chunks];
  return { rows, columns: width, chunk, chunks, groups };
}

const variantOf = ({ columns }: Buffer, heads: number, { probability }: Dropout) => ({
  headSize: columns / 3 / heads,
  dropout: probability > 0,
});
const dropoutParameters = ({ probability, seed, site }: Dropout) => ({
  probability,
  keptScale: 1 / (1 - Math.fround(probability)),
  seed,
  site,
});
