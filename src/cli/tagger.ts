import { Option } from "commander";
import { InputError } from "../errors.ts";
import type {
  AggregationStrategy,
  TokenClassificationOptions,
  TokenClassificationPipeline,
} from "../index.node.ts";
import { type EngineOptions, engineOf } from "./engine-options.ts";
import type { Finding } from "./entity-types.ts";

/** The strategies that join tokens. */
export const ENTITY_STRATEGIES = ["simple", "first", "average", "max"] as const;

export const aggregationOption = (...strategies: readonly AggregationStrategy[]) =>
  new Option("--aggregation-strategy <name>", "how tokens become entities, as in Hugging Face's pipelines")
    .choices(strategies)
    .default("simple");

/**
 * Loads a model to find entities with. The runtime comes with it only now, since the commands that run no model do
 * without the compiled kernels.
 */
export async function loadTagger(
  model: string,
  options: EngineOptions,
): Promise<TokenClassificationPipeline> {
  const { pipeline } = await import("../index.node.ts");
  return pipeline("token-classification", model, engineOf(options));
}

/** Tags a text and says, where that can't be done, which one it was. */
export function tagAt(
  place: string | undefined,
  tag: TokenClassificationPipeline,
  text: string,
  options: TokenClassificationOptions,
): Promise<Finding[]> {
  return at(place, tag(text, options));
}

/** What is made of a text; an error says which text it was. */
export async function at<T>(place: string | undefined, made: Promise<T>): Promise<T> {
  try {
    return await made;
  } catch (error) {
    if (!(error instanceof InputError) || place === undefined) throw error;
    throw new InputError(error.code, `${place}: ${error.message}`);
  }
}
