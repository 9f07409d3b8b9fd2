import { ACTIVATIONS, type Activation, type AttentionHeads } from "../wasm/kernels.ts";
import type { Machine } from "../wasm/machine.ts";
import { ALONE, type PackedBatch, type Rows, type Share, shareOfRows } from "./batch.ts";
import { type ElectraConfig, hasWordsAlone, isRotary } from "./config.ts";
import type { LayerNorm, Linear } from "./layers.ts";
import { Rotary } from "./rotary.ts";
import type { EmbeddingTable, Weights } from "./weights.ts";
import { layOutWorkspace, type Workspace } from "./workspace.ts";

/** Word, position and token type embeddings, summed, normalised and projected to the hidden size. */
class Embeddings {
  readonly #machine: Machine;
  readonly #size: number;
  readonly #words: EmbeddingTable;
  readonly #positions: number | undefined;
  readonly #types: number;
  readonly #norm: LayerNorm | undefined;
  readonly #project: Linear | undefined;

  constructor(machine: Machine, weights: Weights, config: ElectraConfig) {
    this.#machine = machine;
    this.#size = config.embedding_size;
    this.#words = weights.embedding("electra.embeddings.word_embeddings");
    if (hasWordsAlone(config)) {
      this.#types = machine.reserve(this.#size * 4); // zeros
      return;
    }
    if (!isRotary(config)) {
      this.#positions = weights.plain("electra.embeddings.position_embeddings.weight");
    }
    this.#types = weights.plain("electra.embeddings.token_type_embeddings.weight");
    this.#norm = weights.layerNorm("electra.embeddings.LayerNorm", this.#size, config.layer_norm_eps);
    if (config.embedding_size !== config.hidden_size) {
      this.#project = weights.linear("electra.embeddings_project", config.hidden_size, config.embedding_size);
    }
  }

  /** ids in the workspace → hidden [tokens, hidden], the given rows of it */
  forward(workspace: Workspace, scratch: number, offsets: Int32Array, rows: Rows): void {
    const { hidden, context } = workspace;
    const sum = this.#project === undefined ? hidden : context;
    for (let i = 0; i + 1 < offsets.length; i++)
      this.#sum(workspace, sum, offsets[i]!, offsets[i + 1]!, rows);
    this.#norm?.forward(sum, rows);
    this.#project?.forward(sum, rows, scratch, hidden);
  }

  /** The part of one sequence, from row `start` to `end`, that lies within the given rows. */
  #sum({ inputIds, tokenTypeIds }: Workspace, out: number, start: number, end: number, rows: Rows): void {
    const first = Math.max(start, rows.first);
    const count = Math.min(end, rows.first + rows.count) - first;
    if (count <= 0) return;
    const rowBytes = this.#size * 4;
    const { kernels } = this.#machine;
    const { address, scales } = this.#words;
    const ids = inputIds + first * 4;
    const types = tokenTypeIds + first * 4;
    const sum = out + first * rowBytes;
    let positions = sum; // of zeros, where the model has none
    if (this.#positions !== undefined) positions = this.#positions + (first - start) * rowBytes;
    else this.#machine.floats(sum, count * this.#size).fill(0);
    if (scales === undefined) {
      kernels.embed(ids, types, address, positions, this.#types, sum, count, this.#size);
    } else {
      kernels.embedInt8(ids, types, address, scales, positions, this.#types, sum, count, this.#size);
    }
  }
}

/** A transformer layer: self-attention and a feed-forward network, each added to its input and normalised. */
class Layer {
  readonly #heads: number;
  readonly #rotary: Rotary | undefined;
  readonly #activation: Activation;
  readonly #attention: AttentionHeads;
  readonly #queryKeyValue: Linear;
  readonly #attentionOutput: Linear;
  readonly #attentionNorm: LayerNorm;
  readonly #intermediate: Linear;
  readonly #output: Linear;
  readonly #outputNorm: LayerNorm;

  constructor(machine: Machine, weights: Weights, config: ElectraConfig, index: number, rotary?: Rotary) {
    const { hidden_size: hidden, intermediate_size: intermediate, layer_norm_eps: epsilon } = config;
    const name = `electra.encoder.layer.${index}`;
    const self = `${name}.attention.self`;
    this.#heads = config.num_attention_heads;
    this.#rotary = rotary;
    this.#activation = ACTIVATIONS[config.hidden_act];
    this.#attention = weights.quantized
      ? machine.kernels.attentionIntegerHeads
      : machine.kernels.attentionHeads;
    this.#queryKeyValue = weights.linear([`${self}.query`, `${self}.key`, `${self}.value`], hidden, hidden);
    this.#attentionOutput = weights.linear(`${name}.attention.output.dense`, hidden, hidden);
    this.#attentionNorm = weights.layerNorm(`${name}.attention.output.LayerNorm`, hidden, epsilon);
    this.#intermediate = weights.linear(`${name}.intermediate.dense`, intermediate, hidden);
    this.#output = weights.linear(`${name}.output.dense`, hidden, intermediate);
    this.#outputNorm = weights.layerNorm(`${name}.output.LayerNorm`, hidden, epsilon);
  }

  /** hidden [tokens, hidden] → hidden [tokens, hidden], the given rows of it */
  forward(workspace: Workspace, scratch: number, offsets: Int32Array, rows: Rows, share: Share): void {
    const { hidden, attended, context, queryKeyValue, intermediate } = workspace;
    this.#queryKeyValue.forward(hidden, rows, scratch, queryKeyValue);
    this.#rotary?.forward(queryKeyValue, rows);
    share.barrier(); // attention reads the keys and values of all rows
    this.#attend(queryKeyValue, context, scratch, offsets, share);
    share.barrier();
    this.#attentionOutput.forward(context, rows, scratch, attended, hidden);
    this.#attentionNorm.forward(attended, rows);

    this.#intermediate.forward(attended, rows, scratch, intermediate, 0, this.#activation);
    this.#output.forward(intermediate, rows, scratch, hidden, attended);
    this.#outputNorm.forward(hidden, rows);
  }

  /** The thread's share of all heads of all sequences. */
  #attend(queryKeyValue: number, context: number, scratch: number, offsets: Int32Array, share: Share): void {
    const heads = this.#heads;
    const hiddenSize = this.#output.outputs;
    const all = (offsets.length - 1) * heads;
    const begin = Math.floor((all * share.thread) / share.threads);
    const end = Math.floor((all * (share.thread + 1)) / share.threads);
    for (let i = Math.floor(begin / heads); i * heads < end; i++) {
      const [firstRow, endRow] = [offsets[i]!, offsets[i + 1]!];
      this.#attention(
        queryKeyValue + firstRow * hiddenSize * 12,
        context + firstRow * hiddenSize * 4,
        scratch,
        endRow - firstRow,
        heads,
        hiddenSize / heads,
        Math.max(begin - i * heads, 0),
        Math.min(end - i * heads, heads),
      );
    }
  }
}

/**
 * The ELECTRA encoder (Clark et al. 2020): BERT's transformer behind embeddings that may be narrower than its layers.
 * Sequences go through packed, on their real lengths.
 */
export class Electra {
  readonly config: ElectraConfig;
  readonly #machine: Machine;
  readonly #embeddings: Embeddings;
  readonly #rotary: Rotary | undefined;
  readonly #layers: readonly Layer[];
  readonly #workspace: Workspace;

  /** @param threads how many will share the work: each gets scratch memory of its own */
  constructor(machine: Machine, weights: Weights, config: ElectraConfig, threads = 1) {
    this.config = config;
    this.#machine = machine;
    this.#embeddings = new Embeddings(machine, weights, config);
    if (isRotary(config)) this.#rotary = new Rotary(machine, config);
    this.#layers = Array.from(
      { length: config.num_hidden_layers },
      (_, index) => new Layer(machine, weights, config, index, this.#rotary),
    );
    this.#workspace = layOutWorkspace(machine, config, threads);
  }

  /** The most tokens that a batch may have in all. */
  get capacity(): number {
    return this.config.max_position_embeddings;
  }

  /** Address of the last hidden state [tokens, hidden_size]. */
  get hidden(): number {
    return this.#workspace.hidden;
  }

  /** Address of the last layer's queries, keys and values [tokens, 3 · hidden_size]. */
  get queryKeyValue(): number {
    return this.#workspace.queryKeyValue;
  }

  /** Scratch memory of a thread, for a linear layer that reads what {@link forward} returned. */
  scratch(thread: number): number {
    return this.#workspace.scratch[thread]!;
  }

  /**
   * Puts a batch in its place.
   *
   * @throws {RangeError} for an empty sequence, too many tokens or an id that has no embedding
   */
  setBatch({ inputIds, tokenTypeIds, offsets }: PackedBatch): void {
    const tokens = inputIds.length;
    const ascending = offsets.every((offset, i) => (i === 0 ? offset === 0 : offset > offsets[i - 1]!));
    if (offsets.length < 2 || !ascending || offsets.at(-1) !== tokens) {
      throw new RangeError(
        `offsets must ascend from 0 to ${tokens}, the number of tokens, not be ${offsets}`,
      );
    }
    if (tokens > this.capacity)
      throw new RangeError(`expected at most ${this.capacity} tokens, not ${tokens}`);
    const types = tokenTypeIds ?? new Int32Array(tokens);
    if (types.length !== tokens) {
      throw new RangeError(`expected a token type for each of ${tokens} tokens, not ${types.length}`);
    }
    assertIds("input id", inputIds, this.config.vocab_size);
    assertIds("token type", types, this.config.type_vocab_size);
    this.#machine.integers(this.#workspace.inputIds, tokens).set(inputIds);
    this.#machine.integers(this.#workspace.tokenTypeIds, tokens).set(types);
    this.#rotary?.setBatch(offsets);
  }

  /**
   * A thread's share of the forward pass over the batch in place; the others must do theirs.
   *
   * @param observe called after the embeddings, as layer 0, and after each layer: {@link hidden} is then its output, and
   *   {@link queryKeyValue} what its heads worked with
   * @returns address of the last hidden state [tokens, hidden_size], valid until the next batch
   */
  forward(offsets: Int32Array, share: Share = ALONE, observe?: (layer: number) => void): number {
    const rows = shareOfRows(offsets.at(-1)!, share);
    const scratch = this.scratch(share.thread);
    this.#embeddings.forward(this.#workspace, scratch, offsets, rows);
    observe?.(0);
    for (const [i, layer] of this.#layers.entries()) {
      layer.forward(this.#workspace, scratch, offsets, rows, share);
      observe?.(i + 1);
    }
    return this.#workspace.hidden;
  }
}

function assertIds(what: string, ids: Int32Array, limit: number): void {
  const outside = ids.find((id) => id < 0 || id >= limit);
  if (outside !== undefined) throw new RangeError(`${what} ${outside} is outside 0 to ${limit - 1}`);
}
