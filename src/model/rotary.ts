import type { Machine } from "../wasm/machine.ts";
import type { Rows } from "./batch.ts";
import type { ElectraConfig } from "./config.ts";

/**
 * Of each position the sines of a head's angles, then their cosines: [max_position_embeddings, headSize], as Hugging
 * Face's `RoFormerSinusoidalPositionalEmbedding`. Pair i turns by position / 10000^(2i / headSize).
 */
export function sinusoids(config: ElectraConfig): Float32Array {
  const { hidden_size, num_attention_heads, max_position_embeddings: positions } = config;
  const size = hidden_size / num_attention_heads;
  const table = new Float32Array(positions * size);
  for (let pair = 0; pair < size / 2; pair++) {
    const period = 10000 ** ((2 * pair) / size);
    for (let position = 0; position < positions; position++) {
      const at = position * size + pair;
      table[at] = Math.sin(position / period);
      table[at + size / 2] = Math.cos(position / period);
    }
  }
  return table;
}

/** How many of a token's queries, keys and values are turned, side by side from the first on. */
export const rotaryColumns = ({ hidden_size, rotary_value }: ElectraConfig): number =>
  hidden_size * (rotary_value ? 3 : 2);

/** Rotary position embeddings of a batch's queries and keys, and of its values where the config says so. */
export class Rotary {
  readonly #machine: Machine;
  readonly #config: ElectraConfig;
  readonly #positions: number; // i32 [tokens]
  readonly #table: number; // [positions, headSize]
  #filled = false;

  constructor(machine: Machine, config: ElectraConfig) {
    const { max_position_embeddings: tokens, hidden_size, num_attention_heads } = config;
    this.#machine = machine;
    this.#config = config;
    this.#positions = machine.reserve(tokens * 4);
    this.#table = machine.reserve((tokens * hidden_size * 4) / num_attention_heads);
  }

  /** Puts a batch's positions in place. */
  setBatch(offsets: Int32Array): void {
    const positions = this.#machine.integers(this.#positions, offsets.at(-1)!);
    for (let i = 1; i < offsets.length; i++) {
      const first = offsets[i - 1]!;
      for (let t = first; t < offsets[i]!; t++) positions[t] = t - first;
    }
    if (this.#filled) return;
    const table = sinusoids(this.#config);
    this.#machine.floats(this.#table, table.length).set(table);
    this.#filled = true;
  }

  /** queryKeyValue [tokens, 3 · hidden], in place, the given rows of it */
  forward(queryKeyValue: number, { first, count }: Rows): void {
    const { hidden_size: hidden, num_attention_heads: heads } = this.#config;
    this.#machine.kernels.rotary(
      queryKeyValue + first * hidden * 12,
      this.#positions + first * 4,
      this.#table,
      count,
      3 * hidden,
      rotaryColumns(this.#config),
      hidden / heads,
      1,
    );
  }
}
