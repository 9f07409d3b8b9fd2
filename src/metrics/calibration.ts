/** Something that a model said, how sure it was of it, and whether it was right. */
export interface Prediction {
  /** From 0 to 1. */
  readonly probability: number;
  readonly correct: boolean;
}

/** The predictions whose probabilities lie from `from` to below `to`; 1 itself belongs to the last bin. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** The mean of their probabilities; 0 where there is none. */
  readonly confidence: number;
  /** The share of them that is right; 0 where there is none. */
  readonly accuracy: number;
}

/** How far a model's probabilities can be taken at their word. */
export interface Calibration {
  /** Of equal width, in ascending order. */
  readonly bins: readonly CalibrationBin[];
  /** The expected calibration error: the mean over predictions of how far their bin's accuracy is from its confidence. */
  readonly error: number;
  /** Over all predictions. */
  readonly confidence: number;
  readonly accuracy: number;
}

/** The expected calibration error and what a reliability diagram shows (Guo et al. 2017, section 2). */
export function calibrate(predictions: readonly Prediction[], binCount = 10): Calibration {
  const binned = Array.from({ length: binCount }, (): Prediction[] => []);
  for (const prediction of predictions) {
    binned[Math.min(binCount - 1, Math.floor(prediction.probability * binCount))]!.push(prediction);
  }
  const bins = binned.map((inside, index) => ({
    from: index / binCount,
    to: (index + 1) / binCount,
    count: inside.length,
    ...means(inside),
  }));
  const gaps = bins.reduce((sum, { count, confidence, accuracy }) => {
    return sum + count * Math.abs(accuracy - confidence);
  }, 0);
  return { bins, error: predictions.length === 0 ? 0 : gaps / predictions.length, ...means(predictions) };
}

function means(predictions: readonly Prediction[]): { confidence: number; accuracy: number } {
  const count = Math.max(1, predictions.length);
  return {
    confidence: predictions.reduce((sum, { probability }) => sum + probability, 0) / count,
    accuracy: predictions.filter(({ correct }) => correct).length / count,
  };
}
