import assert from "node:assert/strict";
import { test } from "node:test";
import { TrainingError } from "../../src/errors.ts";
import type { ElectraConfig } from "../../src/model/config.ts";
import { maskedBatches, stepsInEpoch } from "../../src/train/masked-batches.ts";
import { type PretrainSettings, pretrain } from "../../src/train/pretrain.ts";
import { generatorConfig } from "../../src/train/pretraining-parameters.ts";
import { pretrainingRateFactor } from "../../src/train/schedule.ts";
import { createPretraining, type ElectraPretraining } from "../../src/train.node.ts";

const CONFIG: ElectraConfig = {
  vocab_size: 60,
  embedding_size: 16,
  hidden_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 64,
  hidden_act: "gelu",
  max_position_embeddings: 32,
  type_vocab_size: 2,
  layer_norm_eps: 1e-12,
};

const MASKING = { probability: 0.15, maskId: 4, specialIds: new Set([0, 2, 3, 4]) };

/** Text in which each token but the first follows from the one before it. */
const SEQUENCES = Array.from({ length: 40 }, (_, i) => ({
  inputIds: Int32Array.from({ length: 12 + (i % 20) }, (_, t) => (t === 0 ? 2 : 5 + ((i + t * 3) % 55))),
  firstSegment: 8,
}));

const BATCHES = { batchSize: 6, accumulate: 2, seed: 9, masking: MASKING };

const SETTINGS: PretrainSettings = {
  steps: 12,
  warmupSteps: 4,
  learningRate: 2e-3,
  weightDecay: 0.01,
  clipNorm: 1,
  seed: 9,
};

function trainee(threads = 1): Promise<ElectraPretraining> {
  return createPretraining({
    generator: generatorConfig(CONFIG, 0.25),
    discriminator: CONFIG,
    dropout: { hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 },
    seed: 3,
    threads,
  });
}

test("the rate is a fall over all steps times a climb over the first ones", () => {
  const factors = Array.from({ length: 10 }, (_, i) => pretrainingRateFactor(4, i + 1, 10));
  const expected = [0, 0.9 / 4, (0.8 * 2) / 4, (0.7 * 3) / 4, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1];
  for (const [i, factor] of factors.entries()) assert.ok(Math.abs(factor - expected[i]) < 1e-15);
  assert.equal(pretrainingRateFactor(0, 1, 10), 1);
});

test("generators of the published sizes", () => {
  const narrowed = (hidden_size: number, num_attention_heads: number, size: number) => {
    const sizes = { hidden_size, num_attention_heads, intermediate_size: 4 * hidden_size };
    const generator = generatorConfig({ ...CONFIG, ...sizes, num_hidden_layers: 12 }, size);
    assert.equal(generator.num_hidden_layers, 12);
    assert.equal(generator.embedding_size, CONFIG.embedding_size);
    return [generator.hidden_size, generator.num_attention_heads, generator.intermediate_size];
  };
  assert.deepEqual(narrowed(256, 4, 1 / 4), [64, 1, 256]); // small
  assert.deepEqual(narrowed(768, 12, 1 / 3), [256, 4, 1024]); // base
  assert.deepEqual(narrowed(1024, 16, 1 / 4), [256, 4, 1024]); // large
});

test("an epoch's steps are given every sequence once, each time masked anew", () => {
  const batches = maskedBatches(SEQUENCES, BATCHES);
  const perEpoch = stepsInEpoch(SEQUENCES, BATCHES);
  assert.equal(perEpoch, 4);
  const epoch = (first: number) =>
    Array.from({ length: perEpoch }, (_, i) => batches(first + i)).flatMap((parts) => parts.flat());
  const [one, two] = [epoch(1), epoch(1 + perEpoch)];
  const texts = (of: typeof one) => of.map(({ inputIds }) => inputIds.join()).toSorted();
  const all = SEQUENCES.map(({ inputIds }) => inputIds.join()).toSorted();
  assert.deepEqual(texts(one), all);
  assert.deepEqual(texts(two), all);
  const masks = (of: typeof one) =>
    of.map(({ inputIds, maskedPositions }) => `${inputIds.join()} ${maskedPositions.join()}`);
  const kept = new Set(masks(one));
  assert.ok(masks(two).filter((mask) => kept.has(mask)).length < 5);
});

test("what a step is given depends on its number alone", () => {
  const shown = (step: number) =>
    JSON.stringify(
      maskedBatches(SEQUENCES, BATCHES)(step).map((batch) => batch.map((x) => [...x.maskedIds])),
    );
  const batches = maskedBatches(SEQUENCES, BATCHES);
  for (let step = 1; step < 9; step++) {
    const parts = batches(step).map((batch) => batch.map(({ maskedIds }) => [...maskedIds]));
    assert.equal(JSON.stringify(parts), shown(step));
  }
});

test("a run that goes on from any step ends as one that was never cut off, to the bit", async () => {
  const batches = maskedBatches(SEQUENCES, BATCHES);
  const whole = await trainee();
  const losses: string[] = [];
  let middle: Map<string, Float32Array> | undefined;
  for await (const report of pretrain(whole, batches, SETTINGS)) {
    losses.push(JSON.stringify(report));
    if (report.step === 5) middle = await whole.state();
  }
  const resumed = await trainee();
  resumed.restore(middle!);
  const rest: string[] = [];
  for await (const report of pretrain(resumed, maskedBatches(SEQUENCES, BATCHES), SETTINGS, 5)) {
    rest.push(JSON.stringify(report));
  }
  assert.deepEqual(rest, losses.slice(5));
  assert.deepEqual(await resumed.state(), await whole.state());
  assert.deepEqual(await resumed.takeScores(), await whole.takeScores());
  for (const each of [whole, resumed]) each.dispose();
});

test("threads change nothing, to the bit", async () => {
  const states = [];
  for (const threads of [1, 2]) {
    const each = await trainee(threads);
    for await (const _ of pretrain(each, maskedBatches(SEQUENCES, BATCHES), { ...SETTINGS, steps: 2 }));
    states.push(await each.state());
    each.dispose();
  }
  assert.deepEqual(states[0], states[1]);
});

test("both learn: the generator finds tokens, then the discriminator tells what it made up", async () => {
  const discriminator = {
    ...CONFIG,
    vocab_size: 25,
    num_hidden_layers: 1,
    embedding_size: 32,
    hidden_size: 64,
    intermediate_size: 128,
  };
  // Every sequence is one token again and again.
  const sequences = SEQUENCES.map(({ inputIds }, i) => ({
    inputIds: inputIds.map((_, t) => (t === 0 ? 2 : 5 + (i % 20))),
    firstSegment: 8,
  }));
  const each = await createPretraining({
    generator: generatorConfig(discriminator, 0.25),
    discriminator,
    dropout: { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
    seed: 1,
  });
  const settings = { ...SETTINGS, steps: 600, warmupSteps: 30, learningRate: 1e-3 };
  const scores = [];
  for await (const { step } of pretrain(each, maskedBatches(sequences, BATCHES), settings)) {
    if (step % 200 === 0) scores.push(await each.takeScores());
  }
  each.dispose();
  const [first, last] = [scores[0]!, scores.at(-1)!];
  const shown = JSON.stringify(scores);
  assert.ok(last.generatorAccuracy > 0.15 && last.generatorAccuracy > 2 * first.generatorAccuracy, shown);
  assert.ok(first.auc < 0.8 && last.auc > 0.9, shown);
  assert.ok(last.precision > 0.8 && last.recall > 0.6, shown);
});

test("memory stays what it was after a few steps", async () => {
  const each = await trainee();
  const held = new Set<number>();
  for await (const { step } of pretrain(each, maskedBatches(SEQUENCES, BATCHES), {
    ...SETTINGS,
    steps: 1000,
  })) {
    if (step > 8) held.add(each.byteLength);
  }
  each.dispose();
  assert.equal(held.size, 1);
});

test("losses that are no numbers stop the run, and leave the weights of the step before", async () => {
  const each = await trainee();
  const state = await each.state();
  const name = "discriminator_predictions.dense.weight";
  state.set(
    name,
    state.get(name)!.map(() => Number.NaN),
  );
  each.restore(state);
  const run = pretrain(each, maskedBatches(SEQUENCES, BATCHES), SETTINGS).next();
  await assert.rejects(run, (error) => error instanceof TrainingError && error.code === "diverged");
  const after = await each.state();
  assert.deepEqual(
    after.get("electra.embeddings.word_embeddings.weight"),
    state.get("electra.embeddings.word_embeddings.weight"),
  );
  each.dispose();
});
