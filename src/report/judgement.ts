import { type Calibration, calibrate } from "../metrics/calibration.ts";
import { type Confusion, confusionOf, type Pairing, pairEntities } from "../metrics/entity-confusion.ts";
import { EntityScorer, type EntityScores, type EntitySpan } from "../metrics/entity-scores.ts";
import { type RejectPoint, rejectCurve } from "../metrics/reject-curve.ts";

/** An entity that a model found; where texts carry one label each, the label, from the text's start to its end. */
export interface FoundEntity extends EntitySpan {
  readonly probability: number;
}

/** A text with what a data set marks in it and what a model found. */
export interface JudgedText {
  readonly text: string;
  /** The line of its file, counted from 1. */
  readonly line: number;
  readonly expected: readonly EntitySpan[];
  readonly found: readonly FoundEntity[];
}

export type Judged = Pairing<EntitySpan, FoundEntity>;

/** A text in which something is wrong. */
export interface WrongText extends JudgedText {
  readonly pairings: readonly Judged[];
  /** Of the pairings, those that aren't right. */
  readonly errors: readonly Judged[];
}

/** How good a model is on texts whose entities are known. */
export interface Judgement {
  readonly texts: number;
  /** As `electra-edge evaluate` counts. */
  readonly scores: EntityScores;
  readonly confusion: Confusion;
  readonly calibration: Calibration;
  readonly rejectCurve: readonly RejectPoint[];
  /** The most errors first; of texts with as many, those first where the model was surest of what is wrong. */
  readonly wrong: readonly WrongText[];
}

export function judge(texts: readonly JudgedText[]): Judgement {
  const scorer = new EntityScorer();
  const paired = texts.map((text): WrongText => {
    scorer.add(text.expected, text.found);
    const pairings = pairEntities(text.expected, text.found);
    return { ...text, pairings, errors: pairings.filter(({ outcome }) => outcome !== "right") };
  });
  const scores = scorer.scores();
  const predictions = paired.flatMap(({ pairings }) => pairings.flatMap(predictionOf));
  const wrong = paired.filter(({ errors }) => errors.length > 0);
  return {
    texts: texts.length,
    scores,
    confusion: confusionOf(paired.flatMap(({ pairings }) => pairings)),
    calibration: calibrate(predictions),
    rejectCurve: rejectCurve(predictions, scores.support),
    wrong: wrong.sort((a, b) => b.errors.length - a.errors.length || sureness(b) - sureness(a)),
  };
}

function predictionOf({ outcome, found }: Judged) {
  return found === undefined ? [] : [{ probability: found.probability, correct: outcome === "right" }];
}

/** Of the surest of a text's errors. */
const sureness = ({ errors }: WrongText) => Math.max(...errors.map(({ found }) => found?.probability ?? 0));
