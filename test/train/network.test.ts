import assert from "node:assert/strict";
import { test } from "node:test";
import { type ElectraConfig, parseConfig } from "../../src/model/config.ts";
import { normal, uniform } from "../../src/train/random.ts";
import { createTrainee, type Example, type Head, type Trainee } from "../../src/train.node.ts";
import { acceptsPath, KERNEL_PATHS } from "../../src/wasm/kernel-path.ts";
import { type Checkpoint, values } from "../reference/checkpoint.ts";
import { slopeAt } from "../reference/differences.ts";
import { electra } from "../reference/electra.ts";
import { sequenceClassification, tokenClassification } from "../reference/heads.ts";
import { crfLoss, crossEntropy } from "../reference/training.ts";

const LABELS = 5;
const config = parseConfig(
  {
    vocab_size: 19,
    embedding_size: 12,
    hidden_size: 20,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    intermediate_size: 28,
    max_position_embeddings: 16,
    type_vocab_size: 2,
  },
  "the test",
);

/** The same with rotary positions, and other activations. */
const FAMILIES = {
  electra: config,
  roformer: {
    ...config,
    num_attention_heads: 2,
    model_type: "roformer",
    hidden_act: "gelu_new",
    position_embedding_type: "rotary",
    rotary_value: true,
  },
  bert: { ...config, model_type: "bert", hidden_act: "relu" },
} as const satisfies Record<string, ElectraConfig>;

const HEADS: readonly Head[] = ["crf", "softmax", "sequence"];

/** Texts of several lengths, one with nothing between [CLS] and [SEP] but a character. */
function someExamples(head: Head): Example[] {
  return [7, 3, 12].map((tokens, text) => {
    const inputIds = Int32Array.from(
      { length: tokens },
      (_, t) => (t * t * 3 + text * 7 + 1) % config.vocab_size,
    );
    const labels = inputIds.map((id, t) => (t === 0 || t + 1 === tokens ? -100 : (id + t) % LABELS));
    return { inputIds, labels: head === "sequence" ? Int32Array.of(text + 1) : labels };
  });
}

const open = (
  head: Head,
  settings: { dropout: number; threads?: number; kernels?: "simd" | "relaxed"; config?: ElectraConfig },
) =>
  createTrainee({
    config: settings.config ?? config,
    head,
    labels: LABELS,
    seed: 3,
    hidden_dropout_prob: settings.dropout,
    attention_probs_dropout_prob: settings.dropout,
    classifier_dropout: settings.dropout,
    threads: settings.threads ?? 1,
    kernels: settings.kernels,
  });

/** The weights of a trainee, made so large that every part of the network is used and none is saturated. */
async function spreadWeights(trainee: Trainee): Promise<Map<string, Float32Array>> {
  const state = await trainee.state();
  for (const [site, { name }] of trainee.parameters.entries()) {
    const weights = state.get(name)!;
    const around = name.endsWith("LayerNorm.weight") ? 1 : 0;
    state.set(
      name,
      weights.map((_, i) => around + 0.3 * normal(8, site, i)),
    );
  }
  trainee.restore(state);
  return state;
}

/** What the scalar encoder and its head lose on some examples. */
function referenceLoss(
  head: Head,
  checkpoint: Checkpoint,
  examples: readonly Example[],
  config: ElectraConfig,
): number {
  return examples.reduce((sum, { inputIds, labels }) => {
    const hidden = electra(checkpoint, config, inputIds, new Int32Array(inputIds.length));
    if (head === "sequence") {
      return sum + crossEntropy(sequenceClassification(checkpoint, config, hidden), LABELS, labels).loss;
    }
    const logits = tokenClassification(checkpoint, hidden);
    if (head === "softmax") return sum + crossEntropy(logits, LABELS, labels).loss;
    const crf = {
      start: values(checkpoint, "crf.start_transitions"),
      transitions: values(checkpoint, "crf.transitions"),
      end: values(checkpoint, "crf.end_transitions"),
    };
    const inner = logits.subarray(LABELS, logits.length - LABELS); // all but [CLS] and [SEP]
    return sum + crfLoss(crf, inner, labels.subarray(1, -1)).loss;
  }, 0);
}

for (const path of KERNEL_PATHS) {
  for (const [head, family] of [
    ...HEADS.map((head) => [head, "electra"] as const),
    ["softmax", "roformer"] as const,
    ["sequence", "bert"] as const,
  ]) {
    test(`gradients through two layers of ${family} and a ${head} head are the scalar network's slopes, ${path} kernels`, async (t) => {
      if (!acceptsPath(path)) return t.skip(`this engine does not take the ${path} kernels`);
      const config = FAMILIES[family];
      const trainee = await open(head, { dropout: 0, kernels: path, config });
      try {
        const state = await spreadWeights(trainee);
        const examples = someExamples(head);
        const checkpoint: Checkpoint = new Map(
          trainee.parameters.map(({ name, shape }) => [
            name,
            { shape, values: Float64Array.from(state.get(name)!) },
          ]),
        );
        const scale = 0.25;
        const loss = await trainee.accumulate(examples, 0, scale);
        const expectedLoss = scale * referenceLoss(head, checkpoint, examples, config);
        assert.ok(Math.abs(loss - expectedLoss) < 1e-5 * expectedLoss, `${loss} is not ${expectedLoss}`);

        const gradients = await trainee.gradients();
        const largest = (values: Float32Array) => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        for (const [site, [name, gradient]] of [...gradients].entries()) {
          const weights = values(checkpoint, name);
          // The largest slope of all, which is never 0 by chance, and some others.
          const steepest = gradient.findIndex((slope) => Math.abs(slope) === largest(gradient));
          const others = [0, 1, 2].map((i) => Math.floor(uniform(1, site, i) * gradient.length));
          for (const i of new Set([steepest, ...others])) {
            const slope = slopeAt(
              weights,
              i,
              () => scale * referenceLoss(head, checkpoint, examples, config),
              1e-4,
            );
            // By the keys' bias all slopes are 0: it adds the same to a query's score of every key.
            const size = Math.max(largest(gradient), 1e-2);
            assert.ok(
              Math.abs(gradient[i] - slope) < 1e-4 * size,
              `${name}[${i}]: ${gradient[i]}, not ${slope}`,
            );
          }
        }
      } finally {
        trainee.dispose();
      }
    });
  }
}

for (const head of HEADS) {
  test(`with dropout, gradients of a ${head} head are the slope of the very loss that was drawn`, async () => {
    const trainee = await open(head, { dropout: 0.3 });
    try {
      const state = await spreadWeights(trainee);
      const examples = someExamples(head);
      const seed = 77;
      const loss = await trainee.accumulate(examples, seed, 1);
      const gradients = await trainee.gradients();
      const clear = () => trainee.update({ ...STILL, step: 1 });
      const squares = [...gradients.values()].reduce(
        (sum, g) => sum + g.reduce((all, x) => all + x * x, 0),
        0,
      );
      /** The loss a little further along the gradient. */
      const along = async (distance: number) => {
        const moved = new Map(state);
        for (const [name, gradient] of gradients) {
          moved.set(
            name,
            state.get(name)!.map((weight, i) => weight + (distance / Math.sqrt(squares)) * gradient[i]),
          );
        }
        trainee.restore(moved);
        await clear();
        return trainee.accumulate(examples, seed, 1);
      };
      const distance = 5e-3;
      const slope = ((await along(distance)) - (await along(-distance))) / (2 * distance);
      assert.ok(Math.abs(slope / Math.sqrt(squares) - 1) < 1e-2, `${slope} is not ${Math.sqrt(squares)}`);
      assert.equal(await along(0), loss, "the same seed draws the same");
      await clear();
      assert.notEqual(await trainee.accumulate(examples, seed + 1, 1), loss);
    } finally {
      trainee.dispose();
    }
  });
}

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clipNorm: 1 };
const STILL = { ...ADAM, learningRate: () => 0, weightDecay: 0 };

test("with dropout, losses, norms and weights are the same on any number of threads", async () => {
  for (const head of HEADS) {
    const runs = await Promise.all(
      [1, 2, 3].map(async (threads) => {
        const trainee = await open(head, { dropout: 0.1, threads });
        try {
          const history: number[] = [];
          for (let step = 1; step <= 6; step++) {
            history.push(await trainee.accumulate(someExamples(head), step, 0.5));
            history.push(await trainee.update({ ...ADAM, learningRate: () => 1e-2, step }));
          }
          return { history, state: await trainee.state() };
        } finally {
          trainee.dispose();
        }
      }),
    );
    for (const run of runs.slice(1)) assert.deepEqual(run, runs[0]);
    const [first, last] = [runs[0].history[0], runs[0].history.at(-2)!];
    assert.ok(last < first, `${head}: the loss went from ${first} to ${last}`);
  }
});
