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

const traineeOf = (head: Head) =>
  createTrainee({
    config,
    head,
    labels: LABELS,
    seed: 3,
    hidden_dropout_prob: 0.5,
    attention_probs_dropout_prob: 0.5,
    classifier_dropout: 0.5,
  });

const examplesOf = (head: Head): Example[] =>
  [
    { inputIds: [2, 5, 6, 7, 3], labels: [-100, 0, 2, 1, -100] },
    { inputIds: [2, 9, 3], labels: [-100, 1, -100] },
    { inputIds: [2, 10, 4, 4, 4, 8, 3], labels: [-100, 2, -100, 0, -100, 1, -100] },
  ].map(({ inputIds, labels }) => ({
    inputIds: Int32Array.from(inputIds),
    labels: Int32Array.from(head === "sequence" ? labels.slice(1, 2) : labels),
  }));

/** Three steps at a high rate, so that the probabilities are far from equal. */
async function trained(head: Head) {
  const trainee = await traineeOf(head);
  for (let step = 1; step <= 3; step++) {
    await trainee.accumulate(examplesOf(head), step, 1);
    const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    await trainee.update({ ...adam, learningRate: () => 0.3, weightDecay: 0, clipNorm: 1, step });
  }
  return trainee;
}

for (const head of ["softmax", "sequence"] as const) {
  test(`the probabilities of a ${head} head are those whose logarithms are the loss`, async () => {
    const trainee = await trained(head);
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
        const undropped = await lossWithoutDropout(head, trainee, examples[i]!);
        assert.ok(Math.abs(loss - undropped) < 1e-4 * Math.max(1, undropped), `${loss} is not ${undropped}`);
      }
      const likeliest = probabilities.flatMap((values) => Array.from(values));
      assert.ok(Math.max(...likeliest) > 0.6, `nothing is told apart: ${likeliest}`);
    } finally {
      trainee.dispose();
    }
  });
}

async function lossWithoutDropout(
  head: Head,
  trainee: Awaited<ReturnType<typeof trained>>,
  example: Example,
): Promise<number> {
  const rates = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0, classifier_dropout: 0 };
  const undropped = await createTrainee(
    { config, head, labels: LABELS, seed: 3, ...rates },
    await trainee.state(),
  );
  try {
    return await undropped.accumulate([example], 1, 1);
  } finally {
    undropped.dispose();
  }
}

test("a CRF is not asked for probabilities of single labels", async () => {
  const trainee = await traineeOf("crf");
  try {
    await assert.rejects(trainee.probabilities(examplesOf("crf")), RangeError);
  } finally {
    trainee.dispose();
  }
});
