import type { GruConfig } from "../model/config.ts";
import type { Offsets } from "./device.ts";
import type { Draws, NamedParameters } from "./network.ts";
import { bidirectionalGru, dropout, type GruDirection, linear } from "./ops.ts";
import type { Tape, Tensor } from "./tape.ts";

/**
 * Bidirectional layers of gated recurrent units (Cho et al. 2014) as a graph to train, as `torch.nn.GRU` has them: dropout
 * comes between layers. `src/model/gru.ts` runs the same.
 *
 * @param x [tokens, inputs]
 * @returns [tokens, 2 · hidden_size]
 */
export function encodeGru(
  tape: Tape,
  { num_layers }: GruConfig,
  parameters: NamedParameters,
  x: Tensor,
  offsets: Offsets,
  probability: number,
  draws: Draws,
): Tensor {
  let hidden = x;
  for (let layer = 0; layer < num_layers; layer++) {
    const read = layer === 0 ? hidden : dropout(tape, hidden, draws.next(probability));
    const direction = (suffix: string): GruDirection => {
      const of = (name: string) => parameters.get(`gru.${name}_l${layer}${suffix}`);
      const inputs = linear(tape, read, of("weight_ih"), of("bias_ih"));
      return { inputs, weight: of("weight_hh"), bias: of("bias_hh") };
    };
    hidden = bidirectionalGru(tape, [direction(""), direction("_reverse")], offsets);
  }
  return hidden;
}
