import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../src/model/config.ts";
import { finetune, sequencesOf } from "../../src/train/finetune.ts";
import { uniform } from "../../src/train/random.ts";
import { createTrainee, type Example } from "../../src/train.node.ts";

const MEGABYTE = 1 << 20;
const config = parseConfig(
  {
    vocab_size: 40,
    embedding_size: 16,
    hidden_size: 32,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 64,
    max_position_embeddings: 64,
    type_vocab_size: 2,
  },
  "the test",
);

/** Sequences of 3 to 60 tokens, so that hardly two batches are alike. */
const examples: Example[] = Array.from({ length: 400 }, (_, text) => {
  const length = 3 + Math.floor(uniform(1, text, 0) * 58);
  const inputIds = Int32Array.from({ length }, (_, t) => Math.floor(uniform(2, text, t) * config.vocab_size));
  return { inputIds, labels: inputIds.map((id, t) => (t === 0 || t + 1 === length ? -100 : id % 5)) };
});

const STEPS_IN_EPOCH = 50;
const SETTINGS = {
  batchSize: examples.length / STEPS_IN_EPOCH,
  accumulate: 1,
  learningRate: 1e-3,
  crfLearningRate: 1e-2,
  layerDecay: 1,
  warmup: 0.1,
  weightDecay: 0.01,
  clipNorm: 1,
  seed: 1,
};

for (const { threads, epochs } of [
  { threads: 1, epochs: 20 },
  { threads: 2, epochs: 4 },
]) {
  test(`${epochs * STEPS_IN_EPOCH} steps take no more memory than the first epoch did, ${threads} thread(s)`, async (t) => {
    const trainee = await createTrainee({
      config,
      head: "crf",
      labels: 5,
      seed: 1,
      threads,
      hidden_dropout_prob: 0.1,
      attention_probs_dropout_prob: 0.1,
      classifier_dropout: 0.1,
    });
    try {
      let held: number | undefined;
      let resident = 0;
      let steps = 0;
      for await (const { endsEpoch, epoch } of finetune(
        trainee,
        examples,
        { ...SETTINGS, epochs },
        2,
        sequencesOf,
      )) {
        steps++;
        if (!endsEpoch) continue;
        await trainee.predict(examples.slice(0, 32));
        held ??= trainee.byteLength;
        assert.equal(trainee.byteLength, held, `after ${steps} steps`);
        // JavaScript's own heap has found its size by then.
        if (epoch + 1 === epochs / 4) resident = process.memoryUsage.rss();
      }
      assert.equal(steps, epochs * STEPS_IN_EPOCH);
      const growth = process.memoryUsage.rss() - resident;
      t.diagnostic(
        `the device holds ${(held! / MEGABYTE).toFixed(1)} MiB; the process grew by ${(growth / MEGABYTE).toFixed(1)} MiB`,
      );
      assert.ok(growth < 32 * MEGABYTE, `the process grew by ${(growth / MEGABYTE).toFixed(1)} MiB`);
    } finally {
      trainee.dispose();
    }
  });
}
