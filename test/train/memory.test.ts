import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../src/model/config.ts";
import { DROPOUT_DEFAULTS, FINETUNE_DEFAULTS } from "../../src/train/defaults.ts";
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

/** Many small steps, and such as take several of the blocks in which the device's memory grows. */
const RUNS = [
  { threads: 1, batchSize: 8, epochs: 20 },
  { threads: 2, batchSize: 100, epochs: 20 },
];

for (const { threads, batchSize, epochs } of RUNS) {
  const inEpoch = examples.length / batchSize;
  test(`${epochs * inEpoch} steps take no more memory than the first epoch did, ${threads} thread(s)`, async (t) => {
    const trainee = await createTrainee({
      config,
      head: "crf",
      labels: 5,
      seed: 1,
      threads,
      ...DROPOUT_DEFAULTS,
    });
    try {
      let held: number | undefined;
      let resident = 0;
      let steps = 0;
      for await (const { endsEpoch, epoch } of finetune(
        trainee,
        examples,
        { ...FINETUNE_DEFAULTS, batchSize, epochs },
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
      assert.equal(steps, epochs * inEpoch);
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
