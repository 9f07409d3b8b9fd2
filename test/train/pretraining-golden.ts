import assert from "node:assert/strict";
import type { ElectraConfig } from "../../src/model/config.ts";
import { pretrain } from "../../src/train/pretrain.ts";
import { generatorConfig } from "../../src/train/pretraining-parameters.ts";
import type { ElectraPretraining, MaskedExample, PretrainingSettings } from "../../src/train.node.ts";
import { assertNear, type GoldenFile, readGoldenFile } from "./golden-file.ts";

/** What test/golden/pretrain.py writes next to the tensors. */
interface Settings {
  readonly discriminator: ElectraConfig;
  readonly generator: ElectraConfig;
  readonly generator_size: number;
  readonly steps: number;
  readonly warmup_steps: number;
  readonly learning_rate: number;
  readonly weight_decay: number;
  readonly clip_norm: number;
}

/** The examples of a step, counted from 1, with what the generator is taken to have drawn. */
function examplesOf({ integers }: GoldenFile<Settings>): (step: number) => MaskedExample[] {
  const [inputIds, maskedIds] = [integers("input_ids"), integers("masked_ids")];
  const [positions, samples] = [integers("masked_positions"), integers("sampled_ids")];
  const [lengths, counts, firstSegments] = [
    integers("lengths"),
    integers("masked_counts"),
    integers("first_segments"),
  ];
  const width = Math.max(...lengths);
  const masked = counts.reduce((sum, count) => sum + count, 0);
  return (step) => {
    let at = (step - 1) * masked;
    return Array.from(lengths, (length, row) => {
      const first = ((step - 1) * lengths.length + row) * width;
      const [begin, end] = [at, at + counts[row]!];
      at = end;
      return {
        inputIds: inputIds.slice(first, first + length),
        maskedIds: maskedIds.slice(first, first + length),
        firstSegment: firstSegments[(step - 1) * lengths.length + row]!,
        maskedPositions: positions.slice(begin, end),
        sampledIds: samples.slice(begin, end),
      };
    });
  };
}

/**
 * @param create as `createPretraining`, on the device at hand
 * @param parts batches that a step is taken in
 */
export async function assertPretrainsAsPyTorch(
  create: (
    settings: PretrainingSettings,
    initial: ReadonlyMap<string, Float32Array>,
  ) => Promise<ElectraPretraining>,
  parts: number,
): Promise<void> {
  const golden = readGoldenFile<Settings>("pretraining");
  const { settings, floats } = golden;
  const { discriminator, generator_size, steps } = settings;
  const generator = generatorConfig(discriminator, generator_size);
  assert.deepEqual(generator, settings.generator);
  const trainee = await create(
    {
      generator,
      discriminator,
      dropout: { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
      seed: 1,
    },
    floats,
  );
  try {
    const names = trainee.parameters.map(({ name }) => name);
    const expected = [...floats.keys()]
      .filter((name) => name.startsWith("final."))
      .map((name) => name.slice(6));
    assert.deepEqual(names.toSorted(), expected.toSorted());
    const examples = examplesOf(golden);
    const batches = (step: number) => {
      const all = examples(step);
      return Array.from({ length: parts }, (_, part) => all.filter((_, row) => row % parts === part));
    };
    const settingsOfRun = {
      steps,
      warmupSteps: settings.warmup_steps,
      learningRate: settings.learning_rate,
      weightDecay: settings.weight_decay,
      clipNorm: settings.clip_norm,
      seed: 1,
    };
    const one = (values: Float32Array, step: number) => values.subarray(step - 1, step);
    let taken = 0;
    for await (const { step, losses, gradientNorm } of pretrain(trainee, batches, settingsOfRun)) {
      taken++;
      for (const [actual, name] of [
        [losses.generator, "generator_loss"],
        [losses.discriminator, "discriminator_loss"],
        [gradientNorm, "gradient_norm"],
      ] as const) {
        const tolerance = name === "gradient_norm" ? 1e-3 : 1e-4;
        assertNear(
          Float32Array.of(actual),
          one(floats.get(name)!, step),
          tolerance,
          `${name} at step ${step}`,
        );
      }
    }
    assert.equal(taken, 100);
    const state = await trainee.state();
    for (const name of names) {
      assertNear(state.get(name), floats.get(`final.${name}`), 1e-3, `${name} after all steps`);
    }
  } finally {
    trainee.dispose();
  }
}
