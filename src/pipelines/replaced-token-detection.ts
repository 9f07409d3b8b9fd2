import { refuse } from "./options.ts";
import { sigmoid } from "./scores.ts";
import type { CallOptions, LoadedPipeline, TaskDefinition } from "./task-pipeline.ts";

/** A token, and how likely it is not the one that stood there. */
export interface TokenReplacement {
  /** The probability that the token was replaced: that it is a slip, or a word out of place. */
  readonly score: number;
  /** The token's place in the model's input, where `[CLS]` is 0. */
  readonly index: number;
  /** The text from `start` to `end`. */
  readonly word: string;
  /** UTF-16 offsets in the given string, half-open. */
  readonly start: number;
  readonly end: number;
}

export interface ReplacedTokenDetectionOptions extends CallOptions {
  /** Leaves out tokens of a lower score. Default 0, which gives all of them. */
  readonly threshold?: number;
}

/** Says of every token how likely it was replaced: what ELECTRA's discriminator has learned. */
export interface ReplacedTokenDetectionPipeline extends LoadedPipeline {
  (text: string, options?: ReplacedTokenDetectionOptions): Promise<TokenReplacement[]>;
  (texts: readonly string[], options?: ReplacedTokenDetectionOptions): Promise<TokenReplacement[][]>;
}

export const replacedTokenDetection: TaskDefinition<
  "replaced-token-detection",
  ReplacedTokenDetectionOptions,
  string,
  TokenReplacement[]
> = {
  checkOptions({ threshold = 0 }) {
    const number = typeof threshold === "number" && threshold >= 0 && threshold <= 1;
    if (!number) refuse("threshold", "a number from 0 to 1", threshold);
  },
  open:
    ({ machine, head }, tokenizer) =>
    (text, { threshold = 0 }) => {
      const encoded = tokenizer.encode(text);
      const found: TokenReplacement[] = [];
      return {
        sequences: [encoded],
        read(_, { row }) {
          machine.floats(head.output + row * 4, encoded.ids.length).forEach((logit, index) => {
            const score = sigmoid(logit);
            if (encoded.word[index] === -1 || score < threshold) return;
            const [start, end] = [encoded.start[index]!, encoded.end[index]!];
            found.push({ score, index, word: text.slice(start, end), start, end });
          });
        },
        result: () => found,
      };
    },
};
