import { InputError } from "../errors.ts";
import {
  AGGREGATION_STRATEGIES,
  type AggregationStrategy,
  type Entity,
  type TokenEntity,
} from "./aggregate.ts";
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
  checkOptions,
  open(model, tokenizer) {
    const tagger = new Tagger(model, tokenizer);
    return (text, { aggregation_strategy = "simple", ignore_labels = ["O"] }) =>
      tagger.request(text, aggregation_strategy, new Set(ignore_labels));
  },
};

/** @throws {InputError} `bad-option` */
function checkOptions(options: TokenClassificationOptions): void {
  const { aggregation_strategy: strategy, ignore_labels } = options;
  if (strategy !== undefined && !AGGREGATION_STRATEGIES.includes(strategy)) {
    const known = AGGREGATION_STRATEGIES.join(", ");
    throw new InputError(
      "bad-option",
      `aggregation_strategy must be one of ${known}, not ${JSON.stringify(strategy)}`,
    );
  }
  if (
    ignore_labels !== undefined &&
    !(Array.isArray(ignore_labels) && ignore_labels.every((l) => typeof l === "string"))
  ) {
    throw new InputError(
      "bad-option",
      `ignore_labels must be an array of strings, not ${JSON.stringify(ignore_labels)}`,
    );
  }
}
