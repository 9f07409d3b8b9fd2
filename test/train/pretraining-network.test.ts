import assert from "node:assert/strict";
import { test } from "node:test";
import { type ElectraConfig, parseConfig } from "../../src/model/config.ts";
import {
  discriminatorParameters,
  generatorConfig,
  generatorName,
  generatorParameters,
  type PretrainingConfigs,
} from "../../src/train/pretraining-parameters.ts";
import { normal } from "../../src/train/random.ts";
import { createPretraining, type ElectraPretraining, type MaskedExample } from "../../src/train.node.ts";
import type { Checkpoint } from "../reference/checkpoint.ts";
import { electra } from "../reference/electra.ts";
import { maskedLanguageModel, replacedTokenDetection } from "../reference/heads.ts";
import { binaryCrossEntropy, countHits } from "../reference/replaced-tokens.ts";
import { crossEntropy } from "../reference/training.ts";

const configOf = (embedding_size: number): ElectraConfig =>
  parseConfig(
    {
      vocab_size: 23,
      embedding_size,
      hidden_size: 32,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      intermediate_size: 40,
      max_position_embeddings: 16,
      type_vocab_size: 2,
    },
    "the test",
  );

const MASK = 4;

/** Sequences of several lengths; a few of the drawn tokens are the original ones. */
const EXAMPLES: readonly MaskedExample[] = [9, 4, 16].map((length, row) => {
  const inputIds = Int32Array.from({ length }, (_, t) => (t * t * 5 + row * 7 + 6) % 23);
  const maskedPositions = Int32Array.from([1, 2, 5, 11].filter((position) => position < length));
  const maskedIds = inputIds.map((id, t) => (maskedPositions.includes(t) && t !== 2 ? MASK : id));
  const sampledIds = maskedPositions.map((position, i) =>
    i === 1 ? inputIds[position] : (position * 3) % 23,
  );
  return { inputIds, firstSegment: length - 2, maskedPositions, maskedIds, sampledIds };
});

const typesOf = ({ inputIds, firstSegment }: MaskedExample) =>
  inputIds.map((_, t) => Number(t >= firstSegment));

/** Weights so large that every part of the network is used and none is saturated. */
async function spreadWeights(trainee: ElectraPretraining): Promise<ReadonlyMap<string, Float32Array>> {
  const state = await trainee.state();
  for (const [site, { name }] of trainee.parameters.entries()) {
    const around = name.endsWith("LayerNorm.weight") ? 1 : 0;
    state.set(
      name,
      state.get(name)!.map((_, i) => around + 0.3 * normal(8, site, i)),
    );
  }
  trainee.restore(state);
  return state;
}

/** One network's tensors as a checkpoint of its own has them. */
function checkpointOf(
  state: ReadonlyMap<string, Float32Array>,
  parameters: readonly { readonly name: string; readonly shape: readonly number[] }[],
  nameOf: (name: string) => string,
): Checkpoint {
  return new Map(
    parameters.map(({ name, shape }) => [
      name,
      { shape, values: Float64Array.from(state.get(nameOf(name))!) },
    ]),
  );
}

function referenceOf(
  { generator, discriminator }: PretrainingConfigs,
  state: ReadonlyMap<string, Float32Array>,
) {
  const ofGenerator = checkpointOf(state, generatorParameters(generator), generatorName);
  const ofDiscriminator = checkpointOf(state, discriminatorParameters(discriminator), (name) => name);
  const sums = { generator: 0, discriminator: 0, hits: 0, masked: 0, replaced: 0 };
  for (const example of EXAMPLES) {
    const { inputIds, maskedIds, maskedPositions, sampledIds } = example;
    const context = electra(ofGenerator, generator, maskedIds, typesOf(example));
    const all = maskedLanguageModel(ofGenerator, generator, context);
    const logits = Float64Array.from(
      Array.from(maskedPositions).flatMap((at) => [...all.subarray(at * 23, (at + 1) * 23)]),
    );
    const tokens = maskedPositions.map((at) => inputIds[at]);
    sums.generator += crossEntropy(logits, 23, tokens).loss;
    const [hits, masked] = countHits(Float32Array.from(logits), tokens, 23);
    sums.hits += hits;
    sums.masked += masked;

    const corrupted = inputIds.slice();
    for (const [i, at] of maskedPositions.entries()) corrupted[at] = sampledIds![i];
    const replaced = corrupted.map((id, t) => Number(id !== inputIds[t]));
    const hidden = electra(ofDiscriminator, discriminator, corrupted, typesOf(example));
    const detected = replacedTokenDetection(ofDiscriminator, discriminator, hidden);
    sums.discriminator += binaryCrossEntropy(detected, replaced).reduce((sum, loss) => sum + loss, 0);
    sums.replaced += replaced.reduce((sum, label) => sum + label, 0);
  }
  return sums;
}

// The generator is 8 wide in the first, where it has no projection of embeddings of 8, and the discriminator has none in
// the last.
for (const embeddingSize of [8, 12, 32]) {
  test(`both losses and the counts are the scalar networks', with embeddings of ${embeddingSize}`, async () => {
    const discriminator = configOf(embeddingSize);
    const generator = generatorConfig(discriminator, 0.25);
    const trainee = await createPretraining({
      generator,
      discriminator,
      dropout: { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
      seed: 1,
    });
    try {
      const expected = referenceOf({ generator, discriminator }, await spreadWeights(trainee));
      const losses = await trainee.accumulate(EXAMPLES, 1, { generator: 1, discriminator: 1 });
      for (const which of ["generator", "discriminator"] as const) {
        const error = Math.abs(losses[which] / expected[which] - 1);
        assert.ok(error < 1e-5, `${which}: ${losses[which]} is not ${expected[which]}`);
      }
      const { generatorAccuracy, tokens, replaced } = await trainee.takeScores();
      assert.equal(generatorAccuracy, expected.hits / expected.masked);
      assert.deepEqual([tokens, replaced], [29, expected.replaced]);
      assert.ok(replaced > 0 && replaced < expected.masked);
      assert.equal((await trainee.takeScores()).tokens, 0);
    } finally {
      trainee.dispose();
    }
  });
}

test("a restored trainee goes on counting from where it was; a state that lacks something is refused", async () => {
  const discriminator = configOf(12);
  const create = () =>
    createPretraining({
      generator: generatorConfig(discriminator, 0.25),
      discriminator,
      dropout: { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
      seed: 1,
    });
  const [one, other] = [await create(), await create()];
  await one.accumulate(EXAMPLES, 1, { generator: 1, discriminator: 1 });
  const state = await one.state();
  other.restore(state);
  assert.deepEqual(await other.takeScores(), await one.takeScores());
  for (const name of [
    "electra.embeddings_project.weight",
    "adam.second.generator.generator_lm_head.bias",
    "scores.hits",
  ]) {
    const lacking = new Map(state);
    lacking.delete(name);
    assert.throws(
      () => other.restore(lacking),
      (error) => error instanceof RangeError && error.message.includes(name),
    );
  }
  for (const each of [one, other]) each.dispose();
});
