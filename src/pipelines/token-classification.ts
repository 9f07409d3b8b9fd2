import {
  checkChoice,
  checkCount,
  checkFlag,
  checkFunction,
  checkInteger,
  checkStrings,
  refuse,
} from "./options.ts";
import {
  AGGREGATION_STRATEGIES,
  type AggregationStrategy,
  type Entity,
  type TokenEntity,
} from "./tagging/aggregate.ts";
import { checkConstraints, type LabelConstraints } from "./tagging/constraints.ts";
import { Tagger, type TaggingResult, type TextProgress, type WindowingOptions } from "./tagging/tagger.ts";
import type { Reading, TextPosterior } from "./tagging/text-posterior.ts";
import type { CallOptions, LoadedPipeline, TaskDefinition } from "./task-pipeline.ts";

const MOST_READINGS = 100;

export interface TokenClassificationOptions extends CallOptions {
  /** Default `simple`; Hugging Face's is `none`. */
  readonly aggregation_strategy?: AggregationStrategy;
  /** Labels, or types, to leave out. Default `["O"]`. */
  readonly ignore_labels?: readonly string[];
  /** What the labels must keep to. For models with a CRF, and the strategies `none` and `simple`. */
  readonly constraints?: LabelConstraints;
  /** Gives this many {@link Reading}s of a text that the model takes whole, up to 100, in place of entities; as for those. */
  readonly n_best?: number;
  /** Gives a {@link TextPosterior} of a text that the model takes whole in place of entities, as for those. */
  readonly return_posterior?: boolean;
  /**
   * The most tokens that the model sees at once, `[CLS]` and `[SEP]` included; default and limit: what it takes. A longer
   * text goes through it in windows, and each of its lines is tagged as one; `docs/long-texts.md` says how.
   */
  readonly max_length?: number;
  /** About how many tokens neighbouring windows in a line share. Default: a quarter of a window. */
  readonly stride?: number;
  /** Called as each window of a text that is longer than one has been through the model. */
  readonly onProgress?: (progress: TextProgress) => void;
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
  checkOptions({ aggregation_strategy, ignore_labels, onProgress, ...asked }) {
    const { constraints, n_best, return_posterior } = asked;
    checkChoice("aggregation_strategy", aggregation_strategy, AGGREGATION_STRATEGIES);
    checkStrings("ignore_labels", ignore_labels);
    checkFunction("onProgress", onProgress);
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
    return (text, options) => {
      checkWindows(options, tokenizer.maxTokens);
      return tagger.request(text, options);
    };
  },
};

/** @throws {InputError} `bad-option` */
function checkWindows({ max_length, stride }: WindowingOptions, maxTokens: number): void {
  checkInteger("max_length", max_length, 3, maxTokens);
  checkInteger("stride", stride, 0, (max_length ?? maxTokens) - 3);
}
