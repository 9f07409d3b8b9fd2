import { ratio, type Scores, scoresOf } from "./scores.ts";

/** Averages over classes as scikit-learn names them. */
export interface Averages {
  /** The classes' mean, each counting alike. */
  readonly macro: Scores;
  /** Of all decisions together. */
  readonly micro: Scores;
  /** The classes' mean, each counting by its support. */
  readonly weighted: Scores;
  /** For each class that either side names, in alphabetical order. */
  readonly classes: Readonly<Record<string, Scores>>;
}

export interface ClassificationScores extends Averages {
  /** The share of examples of which all is right: of several labels every one, and no other. */
  readonly accuracy: number;
}

export interface SingleLabelScores extends ClassificationScores {
  /** Matthews' correlation coefficient for any number of classes (Gorodkin 2004); 0 where either side names only one. */
  readonly matthews: number;
}

/**
 * Scores examples that have any number of labels each, as scikit-learn does with `zero_division=0`.
 *
 * @param names all labels there are, where some may occur nowhere; else those that do
 */
export function scoreLabelSets(
  expected: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
  names: Iterable<string> = [...expected, ...predicted].flat(),
): ClassificationScores {
  const counts = new Map(
    [...new Set(names)].sort().map((name) => [name, { expected: 0, found: 0, correct: 0 }]),
  );
  const all = { expected: 0, found: 0, correct: 0 };
  let exact = 0;
  expected.forEach((labels, i) => {
    const [right, given] = [new Set(labels), new Set(predicted[i])];
    for (const name of right) {
      counts.get(name)!.expected++;
      if (given.has(name)) counts.get(name)!.correct++;
    }
    for (const name of given) counts.get(name)!.found++;
    if (right.size === given.size && [...right].every((name) => given.has(name))) exact++;
  });
  for (const count of counts.values()) {
    all.expected += count.expected;
    all.found += count.found;
    all.correct += count.correct;
  }
  const classes = [...counts].map(([name, count]) => [name, scoresOf(count)] as const);
  const mean = (weightOf: (scores: Scores) => number): Scores => {
    const total = classes.reduce((sum, [, scores]) => sum + weightOf(scores), 0);
    const of = (name: "precision" | "recall" | "f1") =>
      ratio(
        classes.reduce((sum, [, scores]) => sum + weightOf(scores) * scores[name], 0),
        total,
      );
    return { precision: of("precision"), recall: of("recall"), f1: of("f1"), support: all.expected };
  };
  return {
    accuracy: ratio(exact, expected.length),
    macro: mean(() => 1),
    micro: scoresOf(all),
    weighted: mean(({ support }) => support),
    classes: Object.fromEntries(classes),
  };
}

/** Scores examples that have one label each. */
export function scoreLabels(expected: readonly string[], predicted: readonly string[]): SingleLabelScores {
  const sets = (labels: readonly string[]) => labels.map((label) => [label]);
  return { ...scoreLabelSets(sets(expected), sets(predicted)), matthews: matthews(expected, predicted) };
}

function matthews(expected: readonly string[], predicted: readonly string[]): number {
  const total = expected.length;
  const countOf = (labels: readonly string[], name: string) =>
    labels.filter((label) => label === name).length;
  const correct = expected.filter((label, i) => label === predicted[i]).length;
  let [products, squaresExpected, squaresPredicted] = [0, 0, 0];
  for (const name of new Set([...expected, ...predicted])) {
    const [right, given] = [countOf(expected, name), countOf(predicted, name)];
    products += right * given;
    squaresExpected += right * right;
    squaresPredicted += given * given;
  }
  const spread = (total * total - squaresExpected) * (total * total - squaresPredicted);
  return ratio(correct * total - products, Math.sqrt(spread));
}
