import {
  AGGREGATION_STRATEGIES,
  type AggregationStrategy,
  type Entity,
  type TokenEntity,
} from "./aggregate.ts";
import { checkConstraints, type LabelConstraints } from "./constraints.ts";
import { checkChoice, checkCount, checkFlag, checkStrings, refuse } from "./options.ts";
import { Tagger, type TaggingResult } from "./tagger.ts";
import type { CallOptions, LoadedPipeline, TaskDefinition } from "./task-pipeline.ts";
import type { Reading, TextPosterior } from "./text-posterior.ts";

const MOST_READINGS = 100;

export interface TokenClassificationOptions extends CallOptions {
  /** Default `simple`; Hugging Face's is `none`. */
  readonly aggregation_strategy?: AggregationStrategy;
  /** Labels, or types, to leave out. Default `["O"]`. */
  readonly ignore_labels?: readonly string[];
  /** What the labels must keep to. For models with a CRF, and the strategies `none` and `simple`. */
  readonly constraints?: LabelConstraints;
  /** Gives this many {@link Reading}s of a text, up to 100, in place of the entities of the likeliest; as for those. */
  readonly n_best?: number;
  /** Gives a {@link TextPosterior} in place of entities, as for those. */
  readonly return_posterior?: boolean;
}

type Ranked = TokenClassificationOptions & { readonly n_best: number };
type Whole = TokenClassificationOptions & { readonly return_posterior: true };
type Ungrouped = TokenClassificationOptions & { readonly aggregation_strategy: "none" };
type Grouped = TokenClassificationOptions & {
  readonly aggregation_strategy?: Exclude<AggregationStrategy, "none">;
};

/** Finds entities in text. */
export interface TokenClassificationPipeline extends LoadedPipeline {
  (text: string, options: Ranked): Promise<Reading[]>;
  (texts: readonly string[], options: Ranked): Promise<Reading[][]>;
  (text: string, options: Whole): Promise<TextPosterior>;
  (texts: readonly string[], options: Whole): Promise<TextPosterior[]>;
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
  TaggingResult
> = {
  checkOptions({ aggregation_strategy, ignore_labels, constraints, n_best, return_posterior }) {
    checkChoice("aggregation_strategy", aggregation_strategy, AGGREGATION_STRATEGIES);
    checkStrings("ignore_labels", ignore_labels);
    checkConstraints(constraints);
    checkCount("n_best", n_best);
    if (n_best! > MOST_READINGS) refuse("n_best", `an integer from 1 to ${MOST_READINGS}`, n_best);
    checkFlag("return_posterior", return_posterior);
    if (constraints === undefined && n_best === undefined && !return_posterior) return;
    // The others relabel words of several pieces, and so would leave the path.
    checkChoice("with constraints, n_best or return_posterior aggregation_strategy", aggregation_strategy, [
      "none",
      "simple",
    ]);
  },
  open(model, tokenizer) {
    const tagger = new Tagger(model, tokenizer);
    return (text, options) => tagger.request(text, options);
  },
};
