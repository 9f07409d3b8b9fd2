import type { Parameter } from "../model/parameters.ts";
import { normal, uniform } from "./random.ts";

const INITIALIZER_RANGE = 0.02;
const CRF_RANGE = 0.1;

/**
 * A parameter's values before any training, as Hugging Face draws them (normal of deviation 0.02, `initializer_range`;
 * biases 0, LayerNorm 1 and 0), as pytorch-crf does (uniform within 0.1) and as torch.nn.GRU does (uniform within
 * 1 / √hidden size).
 *
 * @param site tells this parameter's draws from others'
 * @param embeddingDeviation of embeddings: torch.nn.Embedding's 1 where no LayerNorm follows them
 */
export function initialValues(
  { name, shape }: Parameter,
  seed: number,
  site: number,
  embeddingDeviation = INITIALIZER_RANGE,
): Float32Array {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  const within = (range: number) => values.map((_, i) => range * (2 * uniform(seed, site, i) - 1));
  if (name.startsWith("crf.")) return within(CRF_RANGE);
  if (name.startsWith("gru.")) return within(Math.sqrt(3 / shape[0]!)); // three gates' rows, one below the other
  if (name.endsWith(".bias")) return values;
  if (name.endsWith("LayerNorm.weight")) return values.fill(1);
  const deviation = name.startsWith("electra.embeddings.") ? embeddingDeviation : INITIALIZER_RANGE;
  return values.map((_, i) => deviation * normal(seed, site, i));
}
