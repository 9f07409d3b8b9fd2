import { EntityScorer, type EntityScores } from "../metrics/entity-scores.ts";
import { detectScheme, type Label, labelsToSpans, parseLabel } from "../text/labels.ts";
import type { TextExample } from "./examples.ts";
import { IGNORED_LABEL } from "./labels.ts";
import type { Example, Trainee } from "./trainee.ts";

const BATCH = 32;

/** Scores by entity of what a model in training finds, as `electra-edge evaluate` counts them. */
export async function evaluateEntities(
  trainee: Trainee,
  examples: readonly TextExample[],
  labels: readonly string[],
): Promise<EntityScores> {
  const scheme = detectScheme(labels);
  const parsed = labels.map((label) => parseLabel(label, scheme));
  const scorer = new EntityScorer();
  for await (const [example, predicted] of predictions(trainee, examples)) {
    const expected = example.labels.filter((label) => label !== IGNORED_LABEL);
    scorer.add(entitiesOf(example, expected, parsed), entitiesOf(example, predicted, parsed));
  }
  return scorer.scores();
}

/** The share of sequences whose label is right. */
export async function evaluateAccuracy(trainee: Trainee, examples: readonly Example[]): Promise<number> {
  let right = 0;
  for await (const [{ labels }, predicted] of predictions(trainee, examples)) {
    if (labels[0] === predicted[0]) right++;
  }
  return right / examples.length;
}

async function* predictions<T extends Example>(
  trainee: Trainee,
  examples: readonly T[],
): AsyncGenerator<[example: T, predicted: Int32Array]> {
  for (let first = 0; first < examples.length; first += BATCH) {
    const batch = examples.slice(first, first + BATCH);
    const predicted = await trainee.predict(batch);
    for (const [i, example] of batch.entries()) yield [example, predicted[i]!];
  }
}

function entitiesOf({ start, end }: TextExample, ids: Int32Array, labels: readonly Label[]) {
  return labelsToSpans(Array.from(ids, (id) => labels[id]!)).map((span) => ({
    type: span.type,
    start: start[span.start]!,
    end: end[span.end - 1]!,
  }));
}
