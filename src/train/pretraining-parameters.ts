import type { ElectraConfig } from "../model/config.ts";
import { encoderParameters, headParameters, type Parameter, TIED_LM_HEAD } from "../model/parameters.ts";
import type { NamedParameters } from "./network.ts";

/** The two networks that learn together. */
export interface PretrainingConfigs {
  readonly generator: ElectraConfig;
  readonly discriminator: ElectraConfig;
}

const SHARED = "electra.embeddings.";
const OWN = "generator.";

/**
 * The generator for a discriminator: as deep, and narrower by `size` in its layers, its heads and their feed-forward
 * parts. The embeddings, which are shared, keep their width (Clark et al. 2020, section 3.2).
 *
 * @param size what the generator's width is of the discriminator's: 1/4 for small, 1/3 for base
 */
export function generatorConfig(discriminator: ElectraConfig, size: number): ElectraConfig {
  const narrow = (width: number) => Math.max(1, Math.round(width * size));
  return {
    ...discriminator,
    hidden_size: narrow(discriminator.hidden_size),
    num_attention_heads: narrow(discriminator.num_attention_heads),
    intermediate_size: narrow(discriminator.intermediate_size),
  };
}

/**
 * What a tensor of the generator's checkpoint is called while the two learn together: the embeddings (of tokens,
 * positions and types, with their LayerNorm) are the discriminator's, the others have a name of their own.
 */
export function generatorName(name: string): string {
  return name.startsWith(SHARED) ? name : OWN + name;
}

/** The parameters of a generator alone, by its own checkpoint's names; its output matrix is the word embeddings. */
export function generatorParameters(config: ElectraConfig): Parameter[] {
  const parameters = [...encoderParameters(config), ...headParameters(config, "fill-mask", 0)];
  return parameters.filter(({ name }) => name !== TIED_LM_HEAD);
}

/** The parameters of a discriminator alone. */
export function discriminatorParameters(config: ElectraConfig): Parameter[] {
  return [...encoderParameters(config), ...headParameters(config, "replaced-token-detection", 0)];
}

/** All that is trained: the discriminator's parameters by its checkpoint's names, then those of the generator alone. */
export function pretrainingParameters({ generator, discriminator }: PretrainingConfigs): Parameter[] {
  const own = generatorParameters(generator).filter(({ name }) => !name.startsWith(SHARED));
  return [
    ...discriminatorParameters(discriminator),
    ...own.map((parameter) => ({ ...parameter, name: generatorName(parameter.name) })),
  ];
}

/** The generator's view of what both train. */
export function ofGenerator(parameters: NamedParameters): NamedParameters {
  return { get: (name) => parameters.get(generatorName(name)) };
}
