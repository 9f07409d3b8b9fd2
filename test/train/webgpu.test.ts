import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EngineError } from "../../src/errors.ts";
import { parseConfig } from "../../src/model/config.ts";
import { createDevice, type DeviceSettings } from "../../src/train/create-device.ts";
import { connect } from "../../src/train/webgpu/connection.ts";
import { openWebGpuDevice, WEBGPU, type WebGpuSettings } from "../../src/train/webgpu/device.ts";
import { createTrainee, type Example, type Head } from "../../src/train.node.ts";
import { matmul } from "../reference/backward.ts";
import { assertTrainsAsPyTorch } from "./finetune-golden.ts";
import { tellThatGpuIsMissing, testGpu } from "./gpus.ts";
import { doubles, type OpCase, randomFloats } from "./ops/case.ts";
import { describeDevice, describeOperations, FLOAT32_TOLERANCES } from "./ops-suite.ts";
import { describeReplacedTokens } from "./replaced-tokens-suite.ts";

// All in one file, because a software adapter takes seconds to compile a product or an attention, and one process does it
// once.

const HEADS: readonly Head[] = ["crf", "softmax", "sequence"];
const config = parseConfig(
  {
    vocab_size: 50,
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
const LABELS = 5;
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clipNorm: 1 };

function someExamples(head: Head): Example[] {
  return [7, 3, 40, 12].map((tokens, text) => {
    const inputIds = Int32Array.from(
      { length: tokens },
      (_, t) => (t * t * 3 + text * 7 + 1) % config.vocab_size,
    );
    const labels = inputIds.map((id, t) => (t === 0 || t + 1 === tokens ? -100 : (id + t) % LABELS));
    return { inputIds, labels: head === "sequence" ? Int32Array.of(text) : labels };
  });
}

const open = (head: Head, device: "wasm" | "webgpu", more: DeviceSettings = {}) =>
  createTrainee({
    ...more,
    config,
    head,
    labels: LABELS,
    seed: 3,
    hidden_dropout_prob: 0.1,
    attention_probs_dropout_prob: 0.1,
    classifier_dropout: 0.1,
    device,
  });

/** Losses and norms of some steps, and all weights. */
async function train(head: Head, device: "wasm" | "webgpu", more: DeviceSettings = {}) {
  const trainee = await open(head, device, more);
  try {
    const history: Promise<number>[] = [];
    for (let step = 1; step <= 10; step++) {
      history.push(trainee.accumulate(someExamples(head), step, 0.1));
      history.push(trainee.update({ ...ADAM, learningRate: () => 3e-3, step }));
    }
    return { history: await Promise.all(history), state: await trainee.state() };
  } finally {
    trainee.dispose();
  }
}

/** Not all variants of what takes long to compile: heads of a ragged and of a whole size, and a third of the products. */
function takes({ operation, what }: OpCase): boolean {
  if (operation.startsWith("attention")) return / × (3|64),/.test(what);
  return operation !== "matmul" || [...what].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 3 === 0;
}

/** What sums up by subgroups where there are such. */
const REDUCING = new Set<OpCase["operation"]>([
  "layerNorm",
  "layerNormBackward",
  "crossEntropy",
  "crfLoss",
  "norm",
]);

/** Where the processor adds scores up in f64, and a GPU has none. */
const TOLERANCES = { ...FLOAT32_TOLERANCES, crfLoss: 1e-5 };

/** Small, since a software adapter goes through every value of a tile that is hardly filled. */
const SMALL_TILE = { rows: 16, columns: 16, depth: 8, threadRows: 4 };

const gpu = await testGpu();
if (gpu === undefined) test("WebGPU", tellThatGpuIsMissing);
else {
  const platform = {
    findGpu: async () => gpu,
    startThread: () => {
      throw new Error("no threads here");
    },
  };
  const openDevice = async (settings?: WebGpuSettings) => openWebGpuDevice(await connect(gpu), settings);

  describeDevice("WebGPU", () => openDevice({ tile: SMALL_TILE }), TOLERANCES, takes);

  describeReplacedTokens("WebGPU", () => openDevice());

  const { hasSubgroups } = await connect(gpu);
  if (!hasSubgroups) {
    test("WebGPU without subgroups", (t) => t.skip("this adapter has none, so that all goes without"));
  } else {
    const openPlain = () => openDevice({ subgroups: false });

    describeOperations("WebGPU without subgroups", openPlain, TOLERANCES, ({ operation }) =>
      REDUCING.has(operation),
    );

    describeReplacedTokens("WebGPU without subgroups", openPlain);

    test("WebGPU by subgroups or without, as it was begun with", async () => {
      for (const subgroups of [true, false, undefined]) {
        const begun = await createDevice(platform, { device: "webgpu", subgroups });
        assert.equal(begun.kernels.includes("subgroups"), subgroups !== false, begun.kernels);
        const { kernels } = begun;
        const resumed = await createDevice(platform, { device: "webgpu", kernels });
        assert.equal(resumed.kernels, kernels);
        begun.dispose();
        resumed.dispose();
      }
    });

    test("WebGPU without subgroups loses in ten steps what it loses by them", async () => {
      const [by, without] = [
        await train("crf", "webgpu"),
        await train("crf", "webgpu", { subgroups: false }),
      ];
      for (const [i, value] of by.history.entries()) {
        const other = without.history[i]!;
        assert.ok(Math.abs(value - other) < 1e-4 * Math.abs(other), `value ${i}: ${value}, not ${other}`);
      }
    });
  }

  describe("WebGPU, large operands", () => {
    test("products with more terms than one workgroup takes are cut into parts", async () => {
      const device = await openDevice();
      try {
        for (const [m, k, n] of [
          [5, 1000, 7],
          [70, 1030, 68],
        ] as const) {
          const [a, b, bias, held] = [m * k, k * n, n, m * n].map((count, i) => randomFloats(count, i));
          const [left, right] = [device.allocate(m, k), device.allocate(k, n)];
          const [added, out] = [device.allocate(1, n), device.allocate(m, n)];
          device.write(left, a!);
          device.write(right, b!);
          device.write(added, bias!);
          device.write(out, held!);
          device.matmul(left, right, out, { bias: added, accumulate: true });
          const expected = matmul(doubles(a!), doubles(b!), k);
          (await device.read(out)).forEach((sum, i) => {
            const exact = expected[i]! + bias![i % n]! + held![i]!;
            assert.ok(Math.abs(sum - exact) < 2e-4, `${m} × ${k} × ${n}, value ${i}: ${sum}, not ${exact}`);
          });
        }
      } finally {
        device.dispose();
      }
    });
  });

  describe("WebGPU, training", () => {
    test("ten steps of GRUs under a CRF go as PyTorch's", () =>
      assertTrainsAsPyTorch("bigru-crf", { device: "webgpu" }));

    for (const head of HEADS) {
      test(`ten steps of a ${head} head go as PyTorch's`, () =>
        assertTrainsAsPyTorch(head, { device: "webgpu" }));

      test(`ten steps of a ${head} head with dropout lose what they lose on the processor`, async () => {
        const [here, there] = [await train(head, "webgpu"), await train(head, "wasm")];
        assert.equal(here.history.length, 20);
        for (const [i, value] of here.history.entries()) {
          const other = there.history[i]!;
          assert.ok(Math.abs(value - other) < 1e-3 * Math.abs(other), `value ${i}: ${value}, not ${other}`);
        }
      });
    }

    test("two runs are the same, bit for bit", async () => {
      assert.deepEqual(await train("crf", "webgpu"), await train("crf", "webgpu"));
    });

    test("predictions are the processor's", async () => {
      const [here, there] = [await open("crf", "webgpu"), await open("crf", "wasm")];
      assert.deepEqual(await here.predict(someExamples("crf")), await there.predict(someExamples("crf")));
      here.dispose();
      there.dispose();
    });

    test("thirty steps take no more memory than the first ones", async () => {
      const trainee = await open("softmax", "webgpu");
      try {
        const examples = someExamples("softmax").filter(({ inputIds }) => inputIds.length < 20);
        let held = 0;
        for (let step = 1; step <= 30; step++) {
          const batch = examples.slice(step % 2, 2 + (step % 2));
          await Promise.all([
            trainee.accumulate(batch, step, 0.1),
            trainee.update({ ...ADAM, learningRate: () => 1e-3, step }),
          ]);
          if (step === 10) held = trainee.byteLength;
        }
        assert.equal(trainee.byteLength, held);
      } finally {
        trainee.dispose();
      }
    });

    test("gradients that are no numbers change nothing, and are told by their norm", async () => {
      const trainee = await open("softmax", "webgpu");
      try {
        const state = await trainee.state();
        await trainee.accumulate(someExamples("softmax"), 1, Number.NaN);
        assert.ok(Number.isNaN(await trainee.update({ ...ADAM, learningRate: () => 1e-3, step: 1 })));
        assert.deepEqual(await trainee.state(), state);
      } finally {
        trainee.dispose();
      }
    });
  });

  describe("WebGPU, what goes wrong", () => {
    const hasCode = (code: EngineError["code"]) => (error: unknown) =>
      error instanceof EngineError && error.code === code;

    test("no adapter", async () => {
      const none = {
        ...platform,
        findGpu: async () => ({ requestAdapter: async () => null }) as unknown as GPU,
      };
      await assert.rejects(createDevice(none, { device: "webgpu" }), hasCode("no-webgpu"));
      const device = await createDevice(none, { device: "auto" });
      assert.ok(["relaxed", "simd"].includes(device.kernels), device.kernels);
      device.dispose();
    });

    test("a processor that stands in for a GPU is not taken unless asked for", async () => {
      const { isSoftware } = await connect(gpu);
      const device = await createDevice(platform, { device: "auto" });
      assert.equal(device.kernels.startsWith(WEBGPU), !isSoftware);
      device.dispose();
    });

    test("a buffer beyond the limits is refused before it is asked for", async () => {
      const device = await openDevice();
      assert.throws(() => device.allocate(1 << 20, 1 << 20), hasCode("out-of-memory"));
      device.dispose();
    });

    test("heads that no workgroup has memory for", async () => {
      const device = await openDevice();
      const dropout = { probability: 0, seed: 0, site: 0 };
      const [queryKeyValue, context] = [device.temporary(2, 3 * 4096), device.temporary(2, 4096)];
      assert.throws(() => device.attention(queryKeyValue, context, [0, 2], 1, dropout), hasCode("no-webgpu"));
      device.dispose();
    });

    test("after dispose everything says so", async () => {
      const device = await openDevice();
      const buffer = device.allocate(1, 1);
      device.dispose();
      device.dispose();
      assert.throws(() => device.fill(buffer, 1), { code: "disposed" });
      await assert.rejects(device.read(buffer), { code: "disposed" });
    });

    test("a GPU that is lost in the middle is told to all that wait, and the next trainee gets another", async () => {
      const trainee = await open("softmax", "webgpu");
      const { device } = await connect(gpu);
      const waiting = [1, 2, 3].map((step) => trainee.accumulate(someExamples("softmax"), step, 1));
      const told = waiting.map((promise) => assert.rejects(promise, hasCode("device-lost")));
      device.destroy();
      await Promise.all(told);
      await assert.rejects(trainee.state(), hasCode("device-lost"));
      trainee.dispose();
      const next = await openDevice();
      const buffer = next.allocate(1, 2);
      next.fill(buffer, 3);
      assert.deepEqual(await next.read(buffer), Float32Array.of(3, 3));
      next.dispose();
    });
  });
}
