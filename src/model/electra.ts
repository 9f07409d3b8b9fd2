import { GELU } from "../wasm/kernels.ts";
import type { Machine } from "../wasm/machine.ts";
import type { ElectraConfig } from "./config.ts";
import type { LayerNorm, Linear } from "./layers.ts";
import type { Weights } from "./weights.ts";

/**
 * Memory that every layer works in, laid out once for the longest sequence. Buffers whose lives don't overlap share
 * their place.
 */
interface Workspace {
  readonly inputIds: number; // i32 [tokens]
  readonly tokenTypeIds: number; // i32 [tokens]
  readonly hidden: number; // [tokens, max(hidden, embedding)]
  readonly attended: number; // [tokens, hidden]
  readonly context: number; // [tokens, max(hidden, embedding)]
  readonly wide: number; // [tokens, max(3 · hidden, intermediate)]: queries, keys, values, then the feed-forward
  readonly scratch: number; // packed inputs of a linear layer, or attention's own
}

function layOutWorkspace(machine: Machine, config: ElectraConfig): Workspace {
  const { hidden_size: hidden, embedding_size: embedding, intermediate_size: intermediate } = config;
  const { kernels } = machine;
  const tokens = config.max_position_embeddings;
  const rows = (width: number) => machine.reserve(tokens * width * 4);
  return {
    inputIds: rows(1),
    tokenTypeIds: rows(1),
    hidden: rows(Math.max(hidden, embedding)),
    attended: rows(hidden),
    context: rows(Math.max(hidden, embedding)),
    wide: rows(Math.max(3 * hidden, intermediate)),
    scratch: machine.reserve(
      Math.max(
        kernels.packedInputBytes(tokens, Math.max(hidden, embedding, intermediate)),
        kernels.attentionScratchBytes(tokens, hidden / config.num_attention_heads),
      ),
    ),
  };
}

/** Word, position and token type embeddings, summed, normalised and projected to the hidden size. */
class Embeddings {
  readonly #machine: Machine;
  readonly #size: number;
  readonly #words: number;
  readonly #positions: number;
  readonly #types: number;
  readonly #norm: LayerNorm;
  readonly #project: Linear | undefined;

  constructor(machine: Machine, weights: Weights, config: ElectraConfig) {
    this.#machine = machine;
    this.#size = config.embedding_size;
    this.#words = weights.table("electra.embeddings.word_embeddings");
    this.#positions = weights.table("electra.embeddings.position_embeddings");
    this.#types = weights.table("electra.embeddings.token_type_embeddings");
    this.#norm = weights.layerNorm("electra.embeddings.LayerNorm", this.#size, config.layer_norm_eps);
    if (config.embedding_size !== config.hidden_size) {
      this.#project = weights.linear("electra.embeddings_project", config.hidden_size, config.embedding_size);
    }
  }

  /** ids in the workspace → hidden [tokens, hidden] */
  forward({ inputIds, tokenTypeIds, hidden, context, scratch }: Workspace, tokens: number): void {
    const sum = this.#project === undefined ? hidden : context;
    this.#machine.kernels.embed(
      inputIds,
      tokenTypeIds,
      this.#words,
      this.#positions,
      this.#types,
      sum,
      tokens,
      this.#size,
    );
    this.#norm.forward(sum, tokens);
    this.#project?.forward(sum, tokens, scratch, hidden);
  }
}

/** A transformer layer: self-attention and a feed-forward network, each added to its input and normalised. */
class Layer {
  readonly #machine: Machine;
  readonly #heads: number;
  readonly #queryKeyValue: Linear;
  readonly #attentionOutput: Linear;
  readonly #attentionNorm: LayerNorm;
  readonly #intermediate: Linear;
  readonly #output: Linear;
  readonly #outputNorm: LayerNorm;

  constructor(machine: Machine, weights: Weights, config: ElectraConfig, index: number) {
    const { hidden_size: hidden, intermediate_size: intermediate, layer_norm_eps: epsilon } = config;
    const name = `electra.encoder.layer.${index}`;
    const self = `${name}.attention.self`;
    this.#machine = machine;
    this.#heads = config.num_attention_heads;
    this.#queryKeyValue = weights.linear([`${self}.query`, `${self}.key`, `${self}.value`], hidden, hidden);
    this.#attentionOutput = weights.linear(`${name}.attention.output.dense`, hidden, hidden);
    this.#attentionNorm = weights.layerNorm(`${name}.attention.output.LayerNorm`, hidden, epsilon);
    this.#intermediate = weights.linear(`${name}.intermediate.dense`, intermediate, hidden);
    this.#output = weights.linear(`${name}.output.dense`, hidden, intermediate);
    this.#outputNorm = weights.layerNorm(`${name}.output.LayerNorm`, hidden, epsilon);
  }

  /** hidden [tokens, hidden] → hidden [tokens, hidden] */
  forward({ hidden, attended, context, wide, scratch }: Workspace, tokens: number): void {
    const headSize = this.#output.outputs / this.#heads;
    this.#queryKeyValue.forward(hidden, tokens, scratch, wide);
    this.#machine.kernels.attention(wide, context, scratch, tokens, this.#heads, headSize);
    this.#attentionOutput.forward(context, tokens, scratch, attended, hidden);
    this.#attentionNorm.forward(attended, tokens);

    this.#intermediate.forward(attended, tokens, scratch, wide, 0, GELU);
    this.#output.forward(wide, tokens, scratch, hidden, attended);
    this.#outputNorm.forward(hidden, tokens);
  }
}

/**
 * The ELECTRA encoder (Clark et al. 2020): BERT's transformer behind embeddings that may be narrower than its layers.
 * One sequence at a time, on its real length.
 */
export class Electra {
  readonly config: ElectraConfig;
  readonly #machine: Machine;
  readonly #embeddings: Embeddings;
  readonly #layers: readonly Layer[];
  readonly #workspace: Workspace;

  constructor(machine: Machine, weights: Weights, config: ElectraConfig) {
    this.config = config;
    this.#machine = machine;
    this.#embeddings = new Embeddings(machine, weights, config);
    this.#layers = Array.from(
      { length: config.num_hidden_layers },
      (_, index) => new Layer(machine, weights, config, index),
    );
    this.#workspace = layOutWorkspace(machine, config);
  }

  /** Scratch memory for a linear layer that reads what {@link encode} returned. */
  get scratch(): number {
    return this.#workspace.scratch;
  }

  /**
   * @param inputIds [tokens], each below `vocab_size`; at most `max_position_embeddings` of them
   * @param tokenTypeIds [tokens], each below `type_vocab_size`; all 0 where absent
   * @returns address of the last hidden state [tokens, hidden_size], valid until the next call
   * @throws {RangeError} for too many tokens or an id that has no embedding
   */
  encode(inputIds: Int32Array, tokenTypeIds: Int32Array = new Int32Array(inputIds.length)): number {
    const { vocab_size, type_vocab_size, max_position_embeddings } = this.config;
    const tokens = inputIds.length;
    if (tokens < 1 || tokens > max_position_embeddings) {
      throw new RangeError(`expected 1 to ${max_position_embeddings} tokens, not ${tokens}`);
    }
    if (tokenTypeIds.length !== tokens) {
      throw new RangeError(`expected a token type for each of ${tokens} tokens, not ${tokenTypeIds.length}`);
    }
    assertIds("input id", inputIds, vocab_size);
    assertIds("token type", tokenTypeIds, type_vocab_size);

    const workspace = this.#workspace;
    this.#machine.integers(workspace.inputIds, tokens).set(inputIds);
    this.#machine.integers(workspace.tokenTypeIds, tokens).set(tokenTypeIds);
    this.#embeddings.forward(workspace, tokens);
    for (const layer of this.#layers) layer.forward(workspace, tokens);
    return workspace.hidden;
  }
}

function assertIds(what: string, ids: Int32Array, limit: number): void {
  const outside = ids.find((id) => id < 0 || id >= limit);
  if (outside !== undefined) throw new RangeError(`${what} ${outside} is outside 0 to ${limit - 1}`);
}
