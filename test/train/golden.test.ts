import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { ElectraConfig } from "../../src/model/config.ts";
import { createTrainee, type Example, type Head, type UpdateSettings } from "../../src/train.node.ts";
import { acceptsPath, KERNEL_PATHS, type KernelPath } from "../../src/wasm/kernel-path.ts";

/** What test/golden/finetune.py writes next to the tensors. */
interface Settings {
  readonly config: ElectraConfig;
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

/** On purpose with a reader of its own, so that the goldens stand apart from the library's. */
function readGolden(head: Head): Golden {
  const bytes = readFileSync(new URL(`../fixtures/training/${head}.safetensors`, import.meta.url));
  const headerEnd = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__, ...entries } = JSON.parse(bytes.toString("utf8", 8, headerEnd));
  const tensor = (name: string): Buffer => {
    const [begin, end] = entries[name].data_offsets;
    return bytes.subarray(headerEnd + begin, headerEnd + end);
  };
  const integers = (name: string) => {
    const data = tensor(name);
    return Int32Array.from({ length: data.length / 4 }, (_, i) => data.readInt32LE(i * 4));
  };
  const names = Object.keys(entries).filter((name) => entries[name].dtype === "F32");
  const floats = new Map(
    names.map((name) => {
      const data = tensor(name);
      return [name, Float32Array.from({ length: data.length / 4 }, (_, i) => data.readFloatLE(i * 4))];
    }),
  );
  const [inputIds, labels, lengths] = ["input_ids", "labels", "lengths"].map(integers) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const width = inputIds.length / lengths.length;
  const examples = Array.from(lengths, (length, row) => ({
    inputIds: inputIds.slice(row * width, row * width + length),
    labels:
      head === "sequence" ? labels.slice(row, row + 1) : labels.slice(row * width, row * width + length),
  }));
  return { settings: JSON.parse(__metadata__.settings), floats, examples };
}

const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The largest deviation as a share of the largest value; NaN where there is any. */
function deviation(actual: Float32Array | undefined, expected: Float32Array | undefined): number {
  assert.ok(actual !== undefined && expected !== undefined);
  assert.equal(actual.length, expected.length);
  return largest(actual.map((value, i) => value - expected[i]!)) / largest(expected);
}

function assertNear(
  actual: Float32Array | undefined,
  expected: Float32Array | undefined,
  tolerance: number,
  what: string,
): void {
  const error = deviation(actual, expected);
  assert.ok(error <= tolerance, `${what}: relative deviation ${error}`);
}

/** The gradient of the keys' bias is 0 but for rounding: it adds the same to a query's score of every key. */
const isRounding = (name: string) => name.endsWith("attention.self.key.bias");

async function assertTrainsAsPyTorch(head: Head, kernels: KernelPath, threads: number): Promise<void> {
  const { settings, floats, examples } = readGolden(head);
  const { config, labels, optimizer } = settings;
  const trainee = await createTrainee(
    {
      config,
      head,
      labels,
      seed: 1,
      kernels,
      threads,
      hidden_dropout_prob: 0,
      attention_probs_dropout_prob: 0,
      classifier_dropout: 0,
    },
    floats,
  );
  try {
    assert.equal(trainee.kernels, kernels);
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

for (const head of ["crf", "softmax", "sequence"] as const) {
  for (const kernels of KERNEL_PATHS) {
    for (const threads of [1, 2]) {
      test(
        `ten steps of a ${head} head on ${kernels} kernels and ${threads} thread(s) go as PyTorch's`,
        {
          skip: !acceptsPath(kernels) && `no ${kernels} kernels here`,
        },
        () => assertTrainsAsPyTorch(head, kernels, threads),
      );
    }
  }
}
