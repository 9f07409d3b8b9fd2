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
import type { Groups } from "./commands.ts";
import type { Connection } from "./connection.ts";
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
import { type GpuBuffer, sizeOf } from "./memory.ts";
import { jointSteps } from "./steps.ts";
import { ACROSS, across, capped, cutColumns, units, Workspace } from "./workspace.ts";

/** What the names of this device's {@link Device.kernels} begin with. */
export const WEBGPU = "webgpu";

/** Training on a GPU: the kernels of `kernels/`, recorded and handed over a step at a time. */
export class WebGpuDevice implements Device {
  readonly kernels: string;
  readonly #connection: Connection;
  readonly #workspace: Workspace;
  readonly #tile: Tile;
  /** Of this step's sequences, which every layer attends to. */
  readonly #tiles = new Map<Offsets, { heads: number; count: number; entries: Buffer }>();

  /** @param tile how products are cut, for measuring others */
  constructor(connection: Connection, tile = TILE) {
    const { vendor, architecture } = connection.adapter;
    this.kernels = [WEBGPU, vendor, architecture].filter((part) => part !== "").join(" ");
    this.#connection = connection;
    this.#workspace = new Workspace(connection);
    this.#tile = tile;
  }

  get byteLength(): number {
    return this.#workspace.byteLength;
  }

  allocate(rows: number, columns: number): Buffer {
    return this.#workspace.allocate(rows, columns);
  }

  slice(buffer: Buffer, first: number, rows: number, columns: number): Buffer {
    const { memory, offset } = buffer as GpuBuffer;
    return { rows, columns, memory, offset: offset + first * 4 } as GpuBuffer;
  }

  temporary(rows: number, columns: number): Buffer {
    return this.#workspace.temporary(rows, columns);
  }

  integers(values: ArrayLike<number>): Buffer {
    return this.#workspace.integers(values);
  }

  release(): void {
    this.#workspace.release();
    this.#tiles.clear();
  }

  write(buffer: Buffer, values: Float32Array): void {
    this.#workspace.write(buffer, values);
  }

  read(buffer: Buffer): Promise<Float32Array> {
    return this.#workspace.read(buffer);
  }

  submit(): Promise<void> {
    return this.#workspace.submit();
  }

  dispose(): void {
    this.#workspace.dispose();
  }

  fill(out: Buffer, value: number): void {
    this.#workspace.each(elementwise.fill, { out }, { value });
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
      this.#workspace.run(kernel, { a, b, ...added, out }, { ...sizes, accumulate: +accumulate }, groups);
      return;
    }
    const partial = this.temporary(parts * m, n);
    this.#workspace.run(
      matmul({ ...variant, bias: false }),
      { a, b, out: partial },
      { ...sizes, accumulate: 0 },
      groups,
    );
    this.#workspace.run(
      elementwise.sumParts({ bias: bias !== undefined }),
      { partial, ...added, out },
      { count: m * n, parts, columns: n, accumulate: +accumulate },
      capped(units(m * n, elementwise.ELEMENTWISE_WORKGROUP)),
    );
  }

  add(x: Buffer, y: Buffer, out: Buffer): void {
    this.#workspace.each(elementwise.add, { x, y, out }, {});
  }

  addRows(x: Buffer, out: Buffer): void {
    this.#workspace.sumColumns(x, out, true);
  }

  gelu(x: Buffer, out: Buffer): void {
    this.#workspace.each(elementwise.gelu, { x, out }, {});
  }

  geluBackward(x: Buffer, gradient: Buffer, out: Buffer): void {
    this.#workspace.each(elementwise.geluBackward, { x, gradient, out }, {});
  }

  dropout(x: Buffer, out: Buffer, dropout: Dropout): void {
    this.#workspace.each(elementwise.dropout, { x, out }, dropoutParameters(dropout));
  }

  layerNorm(x: Buffer, gamma: Buffer, beta: Buffer, out: Buffer, statistics: Buffer, epsilon: number): void {
    const { rows, columns: size } = x;
    this.#workspace.run(
      norms.layerNorm,
      { x, gamma, beta, out, statistics },
      { rows, size, epsilon },
      capped(rows),
    );
  }

  layerNormBackward(x: Buffer, gamma: Buffer, statistics: Buffer, gradient: Buffer, out: Buffer): void {
    const { rows, columns: size } = x;
    const operands = { x, gamma, statistics, gradient, out };
    this.#workspace.run(norms.layerNormBackward, operands, { rows, size }, capped(rows));
  }

  layerNormParametersBackward(
    x: Buffer,
    statistics: Buffer,
    gradient: Buffer,
    gammaGradient: Buffer,
    betaGradient: Buffer,
  ): void {
    const kernel = columns.layerNormParametersBackward;
    const { groups, chunks, ...sizes } = cutColumns(x);
    if (chunks === 1) {
      const operands = { x, statistics, gradient, gamma: gammaGradient, beta: betaGradient };
      this.#workspace.run(kernel, operands, { ...sizes, accumulate: 1 }, groups);
      return;
    }
    const [gamma, beta] = [this.temporary(chunks, x.columns), this.temporary(chunks, x.columns)];
    this.#workspace.run(
      kernel,
      { x, statistics, gradient, gamma, beta },
      { ...sizes, accumulate: 0 },
      groups,
    );
    this.#workspace.sumColumns(gamma, gammaGradient, true);
    this.#workspace.sumColumns(beta, betaGradient, true);
  }

  gather(ids: Buffer, table: Buffer, out: Buffer, accumulate = false): void {
    const wide = out.columns % 4 === 0;
    const width = wide ? 4 : 1;
    const [count, size] = [sizeOf(out) / width, out.columns / width];
    const groups = capped(units(count, gathers.GATHER_WORKGROUP));
    this.#workspace.run(
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
    this.#workspace.run(gathers.sortIds, { ids, order }, { count }, [units(count, gathers.GATHER_WORKGROUP)]);
    this.#workspace.run(gathers.scatterChunks, { ids, order, gradient, tableGradient, edges }, sizes, groups);
    if (chunks > 1)
      this.#workspace.run(gathers.scatterEdges, { ids, order, edges, tableGradient }, sizes, groups);
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
    this.#workspace.run(
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
    this.#workspace.run(losses.crossEntropy, operands, { rows, columns, scale }, capped(rows));
    this.#workspace.sum(losses.sum, own, loss);
  }

  binaryCrossEntropy(logits: Buffer, labels: Buffer, scale: number, gradient: Buffer, loss: Buffer): void {
    const { rows } = logits;
    const own = this.temporary(1, rows);
    const groups = capped(units(rows, losses.BINARY_CROSS_ENTROPY_WORKGROUP));
    this.#workspace.run(
      losses.binaryCrossEntropy,
      { logits, labels, gradient, losses: own },
      { rows, scale },
      groups,
    );
    this.#workspace.sum(losses.sum, own, loss);
  }

  sample(logits: Buffer, ids: Buffer, { seed, site }: Draw): void {
    const { rows, columns } = logits;
    this.#workspace.run(tokens.sample, { logits, ids }, { rows, columns, seed, site }, capped(rows));
  }

  replaceTokens(positions: Buffer, drawn: Buffer, inputIds: Buffer, labels: Buffer): void {
    const count = sizeOf(positions);
    const groups: Groups = [units(count, tokens.REPLACED_TOKENS_WORKGROUP)];
    this.#workspace.run(
      tokens.replaceTokens,
      { positions, tokens: drawn, inputIds, labels },
      { count },
      groups,
    );
  }

  countHits(logits: Buffer, labels: Buffer, counts: Buffer): void {
    const { rows, columns } = logits;
    this.#workspace.run(tokens.countHits, { logits, labels, counts }, { rows, columns }, capped(rows));
  }

  scoreHistogram(logits: Buffer, labels: Buffer, histogram: Buffer): void {
    const { rows } = logits;
    const groups: Groups = [units(rows, tokens.REPLACED_TOKENS_WORKGROUP)];
    this.#workspace.run(
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
    this.#workspace.run(
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
    this.#workspace.sumColumns(this.slice(work, 0, sequences, width), sums, false);
    const groups: Groups = [units(count * count, crf.CRF_GRADIENTS_WORKGROUP)];
    this.#workspace.run(crf.crfGradients, { sums, ...gradients, loss }, { labels: count }, groups);
  }

  norm(x: Buffer, out: Buffer): void {
    const count = sizeOf(x);
    const blocks = units(count, optimizer.SQUARES);
    const partial = this.temporary(1, blocks);
    this.#workspace.run(optimizer.sumOfSquares, { x, partial }, { count, across: ACROSS }, across(blocks));
    this.#workspace.sum(losses.rootOfSum, partial, out);
  }

  adamW(
    steps: readonly ParameterStep[],
    { beta1, beta2, epsilon, correction1, correction2, clipNorm }: AdamW,
    norm: Buffer,
  ): void {
    for (const { whole, blocks } of jointSteps(steps, correction1)) {
      const count = blocks.length / optimizer.BLOCK_FIELDS;
      this.#workspace.run(
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
