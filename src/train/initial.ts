import type { Parameter } from "../model/parameters.ts";
import { normal, uniform } from "./random.ts";

const INITIALIZER_RANGE = 0.02;
const CRF_RANGE = 0.1;

/**
 * A parameter's values before any training, as Hugging Face draws them (normal of deviation 0.02, `initializer_range`;
 * biases 0, LayerNorm 1 and 0) and as pytorch-crf does (uniform within 0.1).
 *
 * @param site tells this parameter's draws from others'
 */
export function initialValues({ name, shape }: Parameter, seed: number, site: number): Float32Array {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  if (name.startsWith("crf.")) return values.map((_, i) => CRF_RANGE * (2 * uniform(seed, site, i) - 1));
  if (name.endsWith(".bias")) return values;
  if (name.endsWith("LayerNorm.weight")) return values.fill(1);
  return values.map((_, i) => INITIALIZER_RANGE * normal(seed, site, i));
}
