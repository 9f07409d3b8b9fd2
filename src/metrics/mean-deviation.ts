/** A mean and how far values stray from it: the deviation of a sample, 0 for a single value. */
export interface MeanDeviation {
  readonly mean: number;
  readonly deviation: number;
}

/** @param values at least one */
export function meanDeviation(values: readonly number[]): MeanDeviation {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}
