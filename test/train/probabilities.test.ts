import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../src/model/config.ts";
import { createTrainee, type Example, type Head } from "../../src/train.node.ts";

const LABELS = 3;

const config = parseConfig(
  {
    vocab_size: 11,
    embedding_size: 8,
    hidden_size: 8,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 16,
    max_position_embeddings: 12,
    type_vocab_size: 2,
  },
  "the test",
);

const traineeOf = (head: Head, dropout: number, initial?: ReadonlyMap<string, Float32Array>) => {
  const rates = {
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: dropout,
    classifier_dropout: dropout,
  };
  return createTrainee({ config, head, labels: LABELS, seed: 3, ...rates }, initial);
};

const examplesOf = (head: Head): Example[] =>
  [
    { inputIds: [2, 5, 6, 7, 3], labels: [-100, 0, 2, 1, -100] },
    { inputIds: [2, 9, 3], labels: [-100, 1, -100] },
    { inputIds: [2, 10, 4, 4, 4, 8, 3], labels: [-100, 2, -100, 0, -100, 1, -100] },
  ].map(({ inputIds, labels }) => ({
    inputIds: Int32Array.from(inputIds),
    labels: Int32Array.from(head === "sequence" ? labels.slice(1, 2) : labels),
  }));

/** Weights under which labels are told apart: what is drawn for a start makes all about equally likely. */
async function decidedWeights(head: Head): Promise<Map<string, Float32Array>> {
  const trainee = await traineeOf(head, 0);
  const state = await trainee.state();
  trainee.dispose();
  const scale = (name: string) => (name.startsWith("classifier") ? 20 : 1);
  return new Map([...state].map(([name, values]) => [name, values.map((value) => value * scale(name))]));
}

for (const head of ["softmax", "sequence"] as const) {
  test(`the probabilities of a ${head} head are those whose logarithms are the loss`, async () => {
    const weights = await decidedWeights(head);
    const trainee = await traineeOf(head, 0.5, weights);
    const undropped = await traineeOf(head, 0, weights);
    try {
      const examples = examplesOf(head);
      const probabilities = await trainee.probabilities(examples);
      const predicted = await trainee.predict(examples);
      for (const [i, { labels }] of examples.entries()) {
        const given = labels.filter((label) => label !== -100);
        assert.equal(probabilities[i]!.length, given.length * LABELS);
        let loss = 0;
        for (const [t, label] of given.entries()) {
          const row = probabilities[i]!.subarray(t * LABELS, (t + 1) * LABELS);
          assert.ok(Math.abs(row.reduce((sum, value) => sum + value, 0) - 1) < 1e-6);
          assert.equal(row.indexOf(Math.max(...row)), predicted[i]![t]);
          loss -= Math.log(row[label]!);
        }
        const expected = await undropped.accumulate([examples[i]!], 1, 1);
        assert.ok(Math.abs(loss - expected) < 1e-4 * Math.max(1, expected), `${loss} is not ${expected}`);
      }
      const likeliest = probabilities.flatMap((values) => Array.from(values));
      assert.ok(Math.max(...likeliest) > 0.55, `nothing is told apart: ${likeliest}`);
    } finally {
      trainee.dispose();
      undropped.dispose();
    }
  });
}

test("a CRF is not asked for probabilities of single labels", async () => {
  const trainee = await traineeOf("crf", 0);
  try {
    await assert.rejects(trainee.probabilities(examplesOf("crf")), RangeError);
  } finally {
    trainee.dispose();
  }
});
