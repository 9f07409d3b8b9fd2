import type { Machine } from "../wasm/machine.ts";
import type { ElectraConfig } from "./config.ts";

/**
 * Memory that every layer works in, laid out once for as many tokens as the model has positions, one sequence or
 * several. Buffers whose lives don't overlap share their place, where rows of all threads have one width.
 */
export interface Workspace {
  readonly inputIds: number; // i32 [tokens]
  readonly tokenTypeIds: number; // i32 [tokens]
  readonly hidden: number; // [tokens, max(hidden, embedding)]
  readonly attended: number; // [tokens, hidden]
  readonly context: number; // [tokens, max(hidden, embedding)]: the summed embeddings, then attention's
  readonly queryKeyValue: number; // [tokens, 3 · hidden]
  /** [tokens, intermediate]; apart from the one before, since threads don't leave a layer together. */
  readonly intermediate: number;
  /** Packed inputs of a linear layer, or attention's own: one for each thread. */
  readonly scratch: readonly number[];
}

export function layOutWorkspace(machine: Machine, config: ElectraConfig, threads: number): Workspace {
  const { hidden_size: hidden, embedding_size: embedding, intermediate_size: intermediate } = config;
  const { kernels } = machine;
  const tokens = config.max_position_embeddings;
  const rows = (width: number) => machine.reserve(tokens * width * 4);
  const widest = Math.max(hidden, embedding, intermediate);
  const scratchBytes = Math.max(
    kernels.packedInputBytes(tokens, widest),
    kernels.quantizedInputBytes(tokens, widest),
    kernels.attentionScratchBytes(tokens, hidden / config.num_attention_heads),
    kernels.attentionIntegerScratchBytes(tokens, hidden / config.num_attention_heads),
  );
  return {
    inputIds: rows(1),
    tokenTypeIds: rows(1),
    hidden: rows(Math.max(hidden, embedding)),
    attended: rows(hidden),
    context: rows(Math.max(hidden, embedding)),
    queryKeyValue: rows(3 * hidden),
    intermediate: rows(intermediate),
    scratch: Array.from({ length: threads }, () => machine.reserve(scratchBytes)),
  };
}
