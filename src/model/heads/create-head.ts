import type { Task } from "../config.ts";
import type { Head, HeadPlace } from "./head.ts";
import { SequenceScores } from "./sequence-scores.ts";
import { TokenClassifier } from "./token-classifier.ts";
import { TokenScores } from "./token-scores.ts";
import { VocabularyScores } from "./vocabulary-scores.ts";

/** What each task has on its encoder. */
export interface HeadOf {
  readonly "token-classification": TokenClassifier;
  readonly "text-classification": SequenceScores;
  readonly "multiple-choice": SequenceScores;
  readonly "question-answering": TokenScores;
  readonly "fill-mask": VocabularyScores;
  readonly "replaced-token-detection": TokenScores;
  readonly "feature-extraction": Head;
}

const HEADS: { readonly [T in Task]: (place: HeadPlace) => HeadOf[T] } = {
  "token-classification": (place) => new TokenClassifier(place),
  "text-classification": (place) => {
    const names = { dense: "classifier.dense", scores: "classifier.out_proj" };
    return new SequenceScores(place, names, place.metadata.labels.length);
  },
  "multiple-choice": (place) =>
    new SequenceScores(place, { dense: "sequence_summary.summary", scores: "classifier" }, 1),
  "question-answering": (place) => new TokenScores(place, { scores: "qa_outputs" }, 2),
  "fill-mask": (place) => new VocabularyScores(place),
  "replaced-token-detection": (place) => {
    const head = "discriminator_predictions";
    return new TokenScores(place, { dense: `${head}.dense`, scores: `${head}.dense_prediction` }, 1);
  },
  "feature-extraction": ({ hidden, size }) => ({
    output: hidden,
    outputs: (offsets) => offsets.at(-1)! * size,
    forward() {},
  }),
};

export function createHead<T extends Task>(task: T, place: HeadPlace): HeadOf[T] {
  return HEADS[task](place);
}
