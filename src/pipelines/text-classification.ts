import type { ModelMetadata } from "../model/file/model-file.ts";
import { softmax } from "../model/scores.ts";
import { checkChoice, checkCount } from "./options.ts";
import { largest, sigmoid } from "./scores.ts";
import type { CallOptions, LoadedPipeline, TaskDefinition } from "./task-pipeline.ts";

/** A label of a text. */
export interface LabelScore {
  readonly label: string;
  readonly score: number;
}

/** Two texts of which the model says something together. */
export interface TextPair {
  readonly text: string;
  readonly text_pair?: string;
}

export type ScoreFunction = "softmax" | "sigmoid" | "none";

export interface TextClassificationOptions extends CallOptions {
  /** How many labels, the best first; `null` for all. Default 1. */
  readonly top_k?: number | null;
  /**
   * What makes scores of logits. By default `softmax`, over all labels; `sigmoid`, each label by itself, where a text may
   * have several or there is one; `none` for a regression.
   */
  readonly function_to_apply?: ScoreFunction;
}

type Input = string | TextPair;
type Best = TextClassificationOptions & { readonly top_k?: 1 };

/** Says what a text, or a pair of texts, is. An array gives each text's label, or its labels where `top_k` isn't 1. */
export interface TextClassificationPipeline extends LoadedPipeline {
  (text: Input, options?: TextClassificationOptions): Promise<LabelScore[]>;
  (texts: readonly Input[], options?: Best): Promise<LabelScore[]>;
  (texts: readonly Input[], options: TextClassificationOptions): Promise<LabelScore[] | LabelScore[][]>;
}

export const textClassification: TaskDefinition<
  "text-classification",
  TextClassificationOptions,
  Input,
  LabelScore[]
> = {
  checkOptions({ top_k, function_to_apply }) {
    if (top_k !== null) checkCount("top_k", top_k);
    checkChoice("function_to_apply", function_to_apply, ["softmax", "sigmoid", "none"]);
  },
  open({ head, file: { metadata } }, tokenizer) {
    const { labels } = metadata;
    return (input, { top_k = 1, function_to_apply = usualFunction(metadata) }) => {
      let found: LabelScore[] = [];
      return {
        sequences: [isPair(input) ? tokenizer.encode(input.text, input.text_pair) : tokenizer.encode(input)],
        read(_, { index }) {
          const logits = head.scoresOf(index);
          let scores = Float64Array.from(logits);
          if (function_to_apply === "softmax") scores = softmax(logits);
          if (function_to_apply === "sigmoid") scores = scores.map(sigmoid);
          found = largest(scores, top_k ?? labels.length).map((i) => ({
            label: labels[i]!,
            score: scores[i]!,
          }));
        },
        result: () => found,
      };
    };
  },
  join: (results, { top_k = 1 }) => (top_k === 1 ? results.flat() : results),
};

const isPair = (input: Input): input is TextPair =>
  typeof input === "object" && input !== null && "text" in input;

function usualFunction({ config: { problem_type }, labels }: ModelMetadata): ScoreFunction {
  if (problem_type === "regression") return "none";
  return problem_type === "multi_label_classification" || labels.length === 1 ? "sigmoid" : "softmax";
}
