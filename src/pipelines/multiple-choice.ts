import { InputError } from "../errors.ts";
import { softmax } from "../model/scores.ts";
import { largest } from "./scores.ts";
import type { CallOptions, LoadedPipeline, TaskDefinition } from "./task-pipeline.ts";

/** A text and ways in which it may go on, or answers to it. */
export interface MultipleChoiceInput {
  readonly context: string;
  readonly choices: readonly string[];
}

/** One of the choices. */
export interface ChoiceScore {
  readonly choice: string;
  /** Its place among the choices. */
  readonly index: number;
  /** Its probability among them. */
  readonly score: number;
}

export type MultipleChoiceOptions = CallOptions;

/** Ranks the choices that a context leaves, the best first. */
export interface MultipleChoicePipeline extends LoadedPipeline {
  (input: MultipleChoiceInput, options?: MultipleChoiceOptions): Promise<ChoiceScore[]>;
  (inputs: readonly MultipleChoiceInput[], options?: MultipleChoiceOptions): Promise<ChoiceScore[][]>;
}

export const multipleChoice: TaskDefinition<
  "multiple-choice",
  MultipleChoiceOptions,
  MultipleChoiceInput,
  ChoiceScore[]
> = {
  checkOptions() {},
  open:
    ({ head }, tokenizer) =>
    (input) => {
      const { context, choices } = input ?? {};
      if (!Array.isArray(choices) || choices.length === 0) {
        throw new InputError("bad-option", "an input must have a context and its choices, at least one");
      }
      const logits: number[] = [];
      return {
        sequences: choices.map((choice) => tokenizer.encode(context, choice)),
        read: (_, { index }) => logits.push(head.scoresOf(index)[0]!),
        result() {
          const scores = softmax(logits);
          return largest(scores, choices.length).map((index) => ({
            choice: choices[index]!,
            index,
            score: scores[index]!,
          }));
        },
      };
    },
};
