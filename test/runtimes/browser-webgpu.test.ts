import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../src/model/config.ts";
import type * as Trainer from "../../src/train.browser.ts";
import { createTrainee, type Example } from "../../src/train.node.ts";
import { withBrowserPage } from "./browser-page.ts";
import { TRAINER } from "./page-server.ts";

/** A GPU in software, where Chromium would have none. */
const FLAGS = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];

const SETTINGS = {
  config: parseConfig(
    {
      vocab_size: 30,
      embedding_size: 16,
      hidden_size: 32,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      intermediate_size: 64,
      max_position_embeddings: 32,
      type_vocab_size: 2,
    },
    "the test",
  ),
  head: "crf" as const,
  labels: 8,
  seed: 3,
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  classifier_dropout: 0.1,
};
const EXAMPLES = [7, 3, 12].map((tokens, text) => {
  const inputIds = Array.from({ length: tokens }, (_, t) => (t * t * 3 + text * 7 + 1) % 30);
  return { inputIds, labels: inputIds.map((id, t) => (t === 0 || t + 1 === tokens ? -100 : (id + t) % 8)) };
});
const STEP = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clipNorm: 1 };

test("a page trains on a GPU, and loses what the processor loses", { timeout: 600_000 }, async (t) => {
  await withBrowserPage(
    t,
    { routes: {} },
    async ({ page, requested }) => {
      const [kernels, losses] = await page.evaluate(
        async ([trainer, settings, texts, update]) => {
          const { createTrainee }: typeof Trainer = await import(trainer);
          const trainee = await createTrainee({ ...settings, device: "webgpu" });
          const batch = texts.map(({ inputIds, labels }) => ({
            inputIds: Int32Array.from(inputIds),
            labels: Int32Array.from(labels),
          }));
          const losses: Promise<number>[] = [];
          for (let step = 1; step <= 10; step++) {
            losses.push(trainee.accumulate(batch, step, 0.1));
            losses.push(trainee.update({ ...update, learningRate: () => 3e-3, step }));
          }
          const all = await Promise.all(losses);
          trainee.dispose();
          return [trainee.kernels, all] as const;
        },
        [TRAINER, SETTINGS, EXAMPLES, STEP] as const,
      );
      t.diagnostic(`the page trained on ${kernels}`);
      assert.deepEqual(requested, [TRAINER], "nothing else is fetched");
      const trainee = await createTrainee(SETTINGS);
      const batch = EXAMPLES.map(
        ({ inputIds, labels }): Example => ({
          inputIds: Int32Array.from(inputIds),
          labels: Int32Array.from(labels),
        }),
      );
      for (let step = 1; step <= 10; step++) {
        for (const [what, expected] of [
          ["loss", await trainee.accumulate(batch, step, 0.1)],
          ["norm", await trainee.update({ ...STEP, learningRate: () => 3e-3, step })],
        ] as const) {
          const actual = losses.shift()!;
          assert.ok(
            Math.abs(actual / expected - 1) < 1e-3,
            `${what} at step ${step}: ${actual}, not ${expected}`,
          );
        }
      }
      trainee.dispose();
    },
    FLAGS,
  );
});
