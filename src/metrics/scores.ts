/** Precision, recall and F1, each from 0 to 1; 0 where the denominator is 0. */
export interface Scores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** How many there are in the data set. */
  readonly support: number;
}

export interface Counts {
  readonly expected: number;
  readonly found: number;
  readonly correct: number;
}

export const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

export const scoresOf = ({ expected, found, correct }: Counts): Scores => ({
  precision: ratio(correct, found),
  recall: ratio(correct, expected),
  // Twice the correct over both sides' sum is the harmonic mean of the two, without its second 0/0.
  f1: ratio(2 * correct, found + expected),
  support: expected,
});
