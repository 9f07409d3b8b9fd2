import {
  AGGREGATION_STRATEGIES,
  type AggregationStrategy,
  type Entity,
  type TokenEntity,
} from "./aggregate.ts";
import { checkChoice, checkStrings } from "./options.ts";
import { Tagger } from "./tagger.ts";
import type { CallOptions, LoadedPipeline, TaskDefinition } from "./task-pipeline.ts";

export interface TokenClassificationOptions extends CallOptions {
  /** Default `simple`; Hugging Face's is `none`. */
  readonly aggregation_strategy?: AggregationStrategy;
  /** Labels, or types, to leave out. Default `["O"]`. */
  readonly ignore_labels?: readonly string[];
}

type Ungrouped = TokenClassificationOptions & { readonly aggregation_strategy: "none" };
type Grouped = TokenClassificationOptions & {
  readonly aggregation_strategy?: Exclude<AggregationStrategy, "none">;
};

/** Finds entities in text. */
export interface TokenClassificationPipeline extends LoadedPipeline {
  (text: string, options: Ungrouped): Promise<TokenEntity[]>;
  (texts: readonly string[], options: Ungrouped): Promise<TokenEntity[][]>;
  (text: string, options?: Grouped): Promise<Entity[]>;
  (texts: readonly string[], options?: Grouped): Promise<Entity[][]>;
  (text: string, options: TokenClassificationOptions): Promise<Entity[] | TokenEntity[]>;
  (texts: readonly string[], options: TokenClassificationOptions): Promise<Entity[][] | TokenEntity[][]>;
}

export const tokenClassification: TaskDefinition<
  "token-classification",
  TokenClassificationOptions,
  string,
  Entity[] | TokenEntity[]
> = {
  checkOptions({ aggregation_strategy, ignore_labels }) {
    checkChoice("aggregation_strategy", aggregation_strategy, AGGREGATION_STRATEGIES);
    checkStrings("ignore_labels", ignore_labels);
  },
  open(model, tokenizer) {
    const tagger = new Tagger(model, tokenizer);
    return (text, { aggregation_strategy = "simple", ignore_labels = ["O"] }) =>
      tagger.request(text, aggregation_strategy, new Set(ignore_labels));
  },
};
