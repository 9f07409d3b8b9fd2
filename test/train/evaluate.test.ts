import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateAccuracy, evaluateEntities } from "../../src/train/evaluate.ts";
import type { TextExample } from "../../src/train/examples.ts";
import type { Example, Trainee } from "../../src/train/trainee.ts";

const LABELS = ["O", "B-LOC", "I-LOC", "B-PER"];
const [O, LOC, INSIDE, PER] = [0, 1, 2, 3];
const NONE = -100;

/** A text of letters, `carried` the labels of those that carry one. */
function example(...labels: number[]): TextExample {
  const carrying = [...labels.keys()].filter((token) => labels[token] !== NONE);
  return {
    text: "x".repeat(labels.length),
    line: 1,
    inputIds: new Int32Array(labels.length),
    labels: Int32Array.from(labels),
    start: Int32Array.from(carrying),
    end: Int32Array.from(carrying, (token) => token + 1),
  };
}

/** Predicts what it is told to, text after text. */
function predicting(...predictions: number[][]): Trainee {
  let at = 0;
  const predict = async (batch: readonly Example[]) => batch.map(() => Int32Array.from(predictions[at++]!));
  return { predict } as Partial<Trainee> as Trainee;
}

test("entities that are found are held against those of the tokens that carry a label", async () => {
  const examples = [
    example(NONE, LOC, INSIDE, O, NONE),
    example(NONE, PER, NONE, O, LOC, NONE),
    example(NONE, O, O, NONE),
  ];
  const trainee = predicting([LOC, INSIDE, O], [PER, O, PER], [O, O]);
  const { precision, recall, types } = await evaluateEntities(trainee, examples, LABELS);
  assert.deepEqual([precision, recall], [2 / 3, 2 / 3]);
  assert.deepEqual([types["LOC"]!.precision, types["LOC"]!.recall], [1, 1 / 2]);
  assert.deepEqual([types["PER"]!.precision, types["PER"]!.recall], [1 / 2, 1]);
});

test("more texts than a batch has are all judged", async () => {
  const examples = Array.from({ length: 70 }, (_, i) => example(i % 2));
  const right = await evaluateAccuracy(predicting(...examples.map((_, i) => [i < 40 ? i % 2 : 2])), examples);
  assert.equal(right, 40 / 70);
});
