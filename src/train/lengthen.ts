import type { ElectraConfig } from "../model/config.ts";

const POSITIONS = "electra.embeddings.position_embeddings.weight";

/** An encoder to start from: its shape, and its values by Hugging Face's tensor names. */
export interface Encoder {
  readonly config: ElectraConfig;
  readonly initial: ReadonlyMap<string, Float32Array>;
}

/**
 * Gives an encoder positions for texts of `maxLength` tokens by repeating those that it has: near neighbours, all that a
 * short text has taught it, look the same in each copy (Beltagy et al. 2020, section 5). One that has enough stays as it is.
 */
export function lengthen({ config, initial }: Encoder, maxLength: number): Encoder {
  if (maxLength <= config.max_position_embeddings) return { config, initial };
  const longer = { ...config, max_position_embeddings: maxLength };
  const known = initial.get(POSITIONS);
  if (known === undefined) return { config: longer, initial };
  const positions = new Float32Array(maxLength * config.embedding_size);
  for (let at = 0; at < positions.length; at += known.length) {
    positions.set(known.subarray(0, positions.length - at), at);
  }
  return {
    config: longer,
    initial: new Map([...initial, [POSITIONS, positions]]),
  };
}
