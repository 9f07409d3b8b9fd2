import type { Prediction } from "./calibration.ts";

/** What is left of a model's predictions where those less probable than `threshold` are thrown away. */
export interface RejectPoint {
  readonly threshold: number;
  /** Of those kept; 0 where none is, as in `Scores`. */
  readonly precision: number;
  /** Of all that there was to find. */
  readonly recall: number;
  readonly f1: number;
  /** The share of the predictions that is kept; 0 where there was none. */
  readonly kept: number;
}

/** Every hundredth, and finer towards 1, where a trained model's probabilities gather. */
export const REJECT_THRESHOLDS: readonly number[] = [
  ...Array.from({ length: 100 }, (_, i) => i / 100),
  0.995,
  0.998,
  0.999,
];

/**
 * Precision, recall and F1 against the threshold under which predictions are rejected.
 *
 * @param expected how many there were to find
 */
export function rejectCurve(
  predictions: readonly Prediction[],
  expected: number,
  thresholds: readonly number[] = REJECT_THRESHOLDS,
): RejectPoint[] {
  return thresholds.map((threshold) => {
    const kept = predictions.filter(({ probability }) => probability >= threshold);
    const correct = kept.filter((prediction) => prediction.correct).length;
    return {
      threshold,
      precision: kept.length === 0 ? 0 : correct / kept.length,
      recall: expected === 0 ? 0 : correct / expected,
      f1: kept.length + expected === 0 ? 0 : (2 * correct) / (kept.length + expected),
      kept: predictions.length === 0 ? 0 : kept.length / predictions.length,
    };
  });
}
