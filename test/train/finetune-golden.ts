import assert from "node:assert/strict";
import { type GruConfig, parseConfig } from "../../src/model/config.ts";
import {
  createTrainee,
  type DeviceSettings,
  type Example,
  type Head,
  type UpdateSettings,
} from "../../src/train.node.ts";
import { assertNear, largest, readGoldenFile } from "./golden-file.ts";

/** What test/golden/finetune.py and finetune_gru.py write next to the tensors. */
interface Settings {
  readonly config: object;
  readonly gru?: GruConfig;
  readonly head: Head;
  readonly labels: number;
  readonly loss_is_mean_over: "sequences" | "labelled tokens";
  readonly optimizer: Readonly<
    Record<"learning_rate" | "beta1" | "beta2" | "epsilon" | "weight_decay" | "clip_norm", number>
  >;
}

interface Golden {
  readonly settings: Settings;
  readonly floats: ReadonlyMap<string, Float32Array>;
  readonly examples: readonly Example[];
}

function readGolden(name: string): Golden {
  const { settings, floats, integers } = readGoldenFile<Settings>(name);
  const [inputIds, labels, lengths] = ["input_ids", "labels", "lengths"].map(integers) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const width = inputIds.length / lengths.length;
  const examples = Array.from(lengths, (length, row) => ({
    inputIds: inputIds.slice(row * width, row * width + length),
    labels:
      settings.head === "sequence"
        ? labels.slice(row, row + 1)
        : labels.slice(row * width, row * width + length),
  }));
  return { settings, floats, examples };
}

/** The gradient of the keys' bias is 0 but for rounding: it adds the same to a query's score of every key. */
const isRounding = (name: string) => name.endsWith("attention.self.key.bias");

/** Ten steps on a device, held against what test/golden wrote under that name. */
export async function assertTrainsAsPyTorch(name: string, on: DeviceSettings): Promise<void> {
  const { settings, floats, examples } = readGolden(name);
  const { config, gru, head, labels, optimizer } = settings;
  const trainee = await createTrainee(
    {
      config: parseConfig(config, name),
      gru,
      head,
      labels,
      seed: 1,
      ...on,
      hidden_dropout_prob: 0,
      attention_probs_dropout_prob: 0,
      classifier_dropout: 0,
    },
    floats,
  );
  try {
    if (on.kernels !== undefined) assert.equal(trainee.kernels, on.kernels);
    const names = trainee.parameters.map(({ name }) => name);
    const expected = [...floats.keys()]
      .filter((name) => name.startsWith("final."))
      .map((name) => name.slice(6));
    assert.deepEqual(names.toSorted(), expected.toSorted());

    const labelled = examples
      .flatMap((example) => Array.from(example.labels))
      .filter((label) => label !== -100);
    const scale = 1 / (settings.loss_is_mean_over === "sequences" ? examples.length : labelled.length);
    const update: Omit<UpdateSettings, "step"> = {
      learningRate: () => optimizer.learning_rate,
      weightDecay: optimizer.weight_decay,
      clipNorm: optimizer.clip_norm,
      beta1: optimizer.beta1,
      beta2: optimizer.beta2,
      epsilon: optimizer.epsilon,
    };
    const [losses, norms] = [floats.get("loss")!, floats.get("gradient_norm")!];
    assert.equal(losses.length, 10);
    for (let i = 0; i < losses.length; i++) {
      const loss = await trainee.accumulate(examples, 0, scale);
      if (i === 0) {
        const gradients = await trainee.gradients();
        assert.deepEqual([...gradients.keys()], names);
        assertGradients(gradients, floats);
      }
      const norm = await trainee.update({ ...update, step: i + 1 });
      assertNear(Float32Array.of(loss), losses.subarray(i, i + 1), 1e-4, `loss at step ${i + 1}`);
      assertNear(Float32Array.of(norm), norms.subarray(i, i + 1), 1e-4, `gradients' norm at step ${i + 1}`);
    }

    const state = await trainee.state();
    for (const name of names.filter((name) => !isRounding(name))) {
      // Weight decay alone moves a matrix by 1e-3 in ten steps.
      assertNear(state.get(name), floats.get(`final.${name}`), 1e-4, `${name} after all steps`);
    }
  } finally {
    trainee.dispose();
  }
}

function assertGradients(
  gradients: ReadonlyMap<string, Float32Array>,
  golden: ReadonlyMap<string, Float32Array>,
): void {
  const most = Math.max(...Array.from(gradients.values(), largest));
  for (const [name, gradient] of gradients) {
    if (isRounding(name))
      assert.ok(largest(gradient) < 1e-5 * most, `gradient of ${name}: ${largest(gradient)}`);
    else assertNear(gradient, golden.get(`gradient.${name}`), 1e-4, `gradient of ${name}`);
  }
}
