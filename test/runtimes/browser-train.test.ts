import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Page } from "playwright-core";
import type * as Runtime from "../../src/index.browser.ts";
import type * as Trainer from "../../src/train.browser.ts";
import { withBrowserPage } from "./browser-page.ts";
import { LIBRARY, TRAINER, TRAINING_MEMBER } from "./page-server.ts";

/** Invented messages: who is where. */
const TEXTS = ["张三", "李四", "王小五"].flatMap((person) =>
  ["北京", "上海", "广州"].flatMap((city) =>
    [`${person}在${city}`, `${city}有${person}`].map((text) => ({
      text,
      entities: [person, city].map((word, i) => ({
        type: i === 0 ? "P" : "C",
        start: text.indexOf(word),
        end: text.indexOf(word) + word.length,
      })),
    })),
  ),
);

interface Trained {
  readonly losses: readonly number[];
  readonly f1: number;
  readonly bytes: Readonly<Record<string, number>>;
  /** Found in a text by the pipeline, for each way in which the model was stored. */
  readonly found: Readonly<Record<string, readonly Runtime.Entity[]>>;
  /** Steps that a second run takes which begins with the first one's weights. */
  readonly continued: number;
}

/** Trains in the page from labelled texts, makes a model file of the result, and runs that. */
function trainIn(page: Page, threads: number): Promise<Trained> {
  return page.evaluate(
    async ([library, trainer, texts, threads]) => {
      const { pipeline }: typeof Runtime = await import(library);
      const train: typeof Trainer = await import(trainer);
      const labelled = texts.map((text, i) => train.unitsOfSpans({ ...text, line: i + 1 }));
      const vocab = train.buildCharacterVocabulary(
        texts.map(({ text }) => text),
        { size: 1000, minFrequency: 1, do_lower_case: true },
      );
      const tokenizer = train.tokenizerOver(vocab, "characters", true);
      const labels = train.labelsOf(labelled);
      const config = train.parseConfig(
        {
          vocab_size: vocab.length,
          embedding_size: 16,
          hidden_size: 32,
          num_hidden_layers: 2,
          num_attention_heads: 2,
          intermediate_size: 64,
          max_position_embeddings: 32,
          type_vocab_size: 2,
        },
        "the page",
      );
      const form = { tokenizer: train.createTokenizer(tokenizer), labels, maxTokens: 32 };
      const examples = train.tokenExamples(labelled, form, "the page");
      const settings = {
        config,
        head: "crf" as const,
        labels: labels.length,
        seed: 1,
        hidden_dropout_prob: 0.1,
        attention_probs_dropout_prob: 0.1,
        classifier_dropout: 0.1,
        threads,
      };
      const steps = {
        epochs: 12,
        batchSize: 6,
        accumulate: 1,
        learningRate: 5e-3,
        crfLearningRate: 5e-2,
        layerDecay: 1,
        warmup: 0.1,
        weightDecay: 0.01,
        clipNorm: 1,
        seed: 1,
      };
      const trainee = await train.createTrainee(settings);
      const losses: number[] = [];
      const run = train.finetune(trainee, examples, steps, config.num_hidden_layers, train.sequencesOf);
      for await (const { loss } of run) losses.push(loss);
      const { f1 } = await train.evaluateEntities(trainee, examples, labels);

      const metadata = train.modelMetadata({ head: "crf", config, tokenizer, labels, examples });
      const weights = await trainee.state();
      trainee.dispose();
      const [bytes, found]: [Record<string, number>, Record<string, Runtime.Entity[]>] = [{}, {}];
      let continued = 0;
      for (const dtype of ["f32", "f16", "int8"] as const) {
        const model = train.serializeModel(metadata, weights, dtype);
        bytes[dtype] = model.length;
        const tag = await pipeline("token-classification", model, { threads });
        found[dtype] = await tag("李四在广州");
        tag.dispose();
        if (dtype !== "f32") continue;
        const opened = await train.deserializeModel(model, "the model");
        const next = await train.createTrainee(settings, opened.weights);
        for await (const { loss } of train.finetune(
          next,
          examples,
          { ...steps, epochs: 1 },
          2,
          train.sequencesOf,
        )) {
          if (loss < losses[0]! / 5) continued++;
        }
        next.dispose();
      }
      return { losses, f1, bytes, found, continued };
    },
    [LIBRARY, TRAINER, TEXTS, threads] as const,
  );
}

function assertLearned({ losses, f1, bytes, found, continued }: Trained): void {
  assert.equal(losses.length, 36);
  assert.ok(losses[35]! < losses[0]! / 5, `the loss went from ${losses[0]} to ${losses[35]}`);
  assert.equal(f1, 1);
  const spans = [
    { entity_group: "P", word: "李四", start: 0, end: 2 },
    { entity_group: "C", word: "广州", start: 3, end: 5 },
  ];
  for (const [dtype, entities] of Object.entries(found)) {
    assert.deepEqual(
      entities.map(({ score, ...span }) => span),
      spans,
      dtype,
    );
    assert.ok(
      entities.every(({ score }) => score > 0.5),
      dtype,
    );
  }
  assert.ok(bytes["f16"]! < bytes["f32"]! && bytes["int8"]! < bytes["f16"]!, JSON.stringify(bytes));
  assert.equal(continued, 3, "what goes on from the model's weights begins where they are");
}

test("a page trains a tagger, and runs it, under a strict content security policy", async (t) => {
  await withBrowserPage(t, { routes: {} }, async ({ page, requested, problems }) => {
    assertLearned(await trainIn(page, 1));
    assert.deepEqual(requested, [LIBRARY, TRAINER], "nothing else is fetched");
    const reason = await page.evaluate(async (trainer) => {
      const { createTrainee }: typeof Trainer = await import(trainer);
      return createTrainee({ threads: 2 } as Parameters<typeof createTrainee>[0]).catch(String);
    }, TRAINER);
    assert.match(String(reason), /EngineError.*cross-origin isolated/);
    assert.deepEqual(problems, []);
  });
});

test("an isolated page trains on two threads to the same weights, and they end with the trainee", async (t) => {
  await withBrowserPage(t, { routes: {}, isolated: true }, async ({ page, requested, problems }) => {
    const two = await trainIn(page, 2);
    assertLearned(two);
    assert.ok(requested.includes(TRAINING_MEMBER));
    while (page.workers().length > 0) await setTimeout(20);
    assert.deepEqual((await trainIn(page, 1)).losses, two.losses);
    assert.deepEqual(problems, []);
  });
});

test("an isolated page without the threads' script is told so", async (t) => {
  const missing: RequestListener = (_, response) => response.writeHead(404).end();
  const options = { routes: { [TRAINING_MEMBER]: missing }, isolated: true };
  await withBrowserPage(t, options, async ({ page }) => {
    const told = await page.evaluate(async (trainer) => {
      const { createTrainee }: typeof Trainer = await import(trainer);
      return createTrainee({ threads: 2 } as Parameters<typeof createTrainee>[0]).catch(String);
    }, TRAINER);
    assert.match(String(told), /EngineError.*script could not be loaded/);
  });
});
