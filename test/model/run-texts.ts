import { packSequences } from "../../src/model/batch.ts";
import type { Task } from "../../src/model/config.ts";
import type { SequenceScores } from "../../src/model/heads/sequence-scores.ts";
import type { TokenScores } from "../../src/model/heads/token-scores.ts";
import type { VocabularyScores } from "../../src/model/heads/vocabulary-scores.ts";
import type { Model } from "../../src/model/model.ts";
import type { EncoderCase } from "../reference/encoder-fixtures.ts";

type Text = Pick<EncoderCase, "inputIds" | "tokenTypeIds">;

/** What a model makes of a text. */
export interface Outcome {
  /** [tokens, hidden] */
  readonly lastHiddenState: number[];
  /** What the head gives, a row for each token or for the text; the sentence embedding where there is no head. */
  readonly scores: number[];
}

/** Runs texts together, packed, and takes their results apart. */
export async function runTexts(model: Model, texts: readonly Text[]): Promise<Outcome[]> {
  const { offsets } = packSequences(texts.map(({ inputIds }) => inputIds));
  const all = (key: "inputIds" | "tokenTypeIds") => Int32Array.from(texts.flatMap((text) => [...text[key]]));
  await model.run({ inputIds: all("inputIds"), tokenTypeIds: all("tokenTypeIds"), offsets });
  const { machine, electra, head } = model;
  const size = electra.config.hidden_size;
  return texts.map((_, i) => {
    const [first, tokens] = [offsets[i]!, offsets[i + 1]! - offsets[i]!];
    const lastHiddenState = [...machine.floats(electra.hidden + first * size * 4, tokens * size)];
    const scores = scoresOf(model.file.metadata.task, i, first, tokens);
    return { lastHiddenState, scores };
  });

  function scoresOf(task: Task, sequence: number, first: number, tokens: number): number[] {
    switch (task) {
      case "text-classification":
      case "multiple-choice":
        return [...(head as SequenceScores).scoresOf(sequence)];
      case "fill-mask":
        return Array.from({ length: tokens }, (_, t) => [
          ...(head as VocabularyScores).scoresAt(first + t),
        ]).flat();
      case "feature-extraction":
        return meanOf(machine.floats(electra.hidden + first * size * 4, tokens * size), size);
      default: {
        const { output, width } = head as TokenScores;
        return [...machine.floats(output + first * width * 4, tokens * width)];
      }
    }
  }
}

/** The mean of the rows of x [rows, size], of length 1. */
export function meanOf(x: ArrayLike<number>, size: number): number[] {
  const sums = new Array<number>(size).fill(0);
  for (let i = 0; i < x.length; i++) sums[i % size]! += x[i]!;
  return sums.map((sum) => sum / Math.hypot(...sums));
}
