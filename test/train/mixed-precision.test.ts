import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { InputError } from "../../src/errors.ts";
import { parseConfig } from "../../src/model/config.ts";
import type { Buffer, Device } from "../../src/train/device.ts";
import { LOSS_SCALE } from "../../src/train/loss-scale.ts";
import { connect } from "../../src/train/webgpu/connection.ts";
import { openWebGpuDevice } from "../../src/train/webgpu/device.ts";
import { createTrainee, type Example } from "../../src/train.node.ts";
import { tellThatGpuIsMissing, testGpu } from "./gpus.ts";
import { randomFloats } from "./ops/case.ts";

/** What rounding to 11 bits may cost. */
const HALF = 2 ** -11;
const SMALL_TILE = { rows: 16, columns: 16, depth: 8, threadRows: 4 };

const config = parseConfig(
  {
    vocab_size: 50,
    embedding_size: 16,
    hidden_size: 32,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 64,
    max_position_embeddings: 64,
    type_vocab_size: 2,
  },
  "the test",
);
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clipNorm: 1 };
const EXAMPLES: Example[] = [7, 3, 20].map((tokens, text) => {
  const inputIds = Int32Array.from(
    { length: tokens },
    (_, t) => (t * t * 3 + text * 7 + 1) % config.vocab_size,
  );
  return { inputIds, labels: inputIds.map((id, t) => (t === 0 ? -100 : (id + t) % 5)) };
});

const open = (fp16: boolean, device: "wasm" | "webgpu" = "webgpu") =>
  createTrainee({
    config,
    head: "softmax",
    labels: 5,
    seed: 3,
    hidden_dropout_prob: 0.1,
    attention_probs_dropout_prob: 0,
    classifier_dropout: 0.1,
    device,
    fp16,
  });

type Opened = Awaited<ReturnType<typeof open>>;

/** Loss, norm of the gradients and the loss's scale of each step. */
async function train(trainee: Opened, first: number, last: number, scale = () => 0.1) {
  const history: number[][] = [];
  for (let step = first; step <= last; step++) {
    const loss = trainee.accumulate(EXAMPLES, step, scale());
    const norm = trainee.update({ ...ADAM, learningRate: () => 3e-3, step });
    history.push([await loss, await norm, trainee.lossScale ?? 1]);
  }
  return history;
}

test("the processor has none", async () => {
  for (const device of ["wasm", undefined] as const) {
    await assert.rejects(
      createTrainee({
        config,
        head: "softmax",
        labels: 5,
        seed: 3,
        hidden_dropout_prob: 0,
        attention_probs_dropout_prob: 0,
        classifier_dropout: 0,
        device,
        fp16: true,
      }),
      (error) => error instanceof InputError && error.code === "bad-option" && /fp16/.test(error.message),
    );
  }
});

const gpu = await testGpu();
if (gpu === undefined) test("mixed precision", tellThatGpuIsMissing);
else {
  describe("mixed precision, operations", () => {
    let opened: Device | undefined;
    const device = async () =>
      (opened ??= openWebGpuDevice(await connect(gpu), { fp16: true, tile: SMALL_TILE }));
    after(() => opened?.dispose());

    /** Values of 16 bits. */
    async function halves(rows: number, columns: number, values: Float32Array): Promise<Buffer> {
      const on = await device();
      const [x, out] = [on.temporary(rows, columns), on.mixedPrecision!.temporary(rows, columns)];
      on.write(x, values);
      on.mixedPrecision!.convert(x, out);
      return out;
    }

    test("what is kept in 16 bits is the nearest of their floats, or infinite", async () => {
      const given = [0, -1, 1 / 3, 1e-4, 65_504, 2048.9, -31.4159, 6.2e-5];
      const kept = await (await device()).read(await halves(2, 4, Float32Array.from(given)));
      kept.forEach((value, i) => {
        assert.ok(Math.abs(value - given[i]!) <= HALF * Math.abs(given[i]!), `${given[i]} became ${value}`);
      });
      assert.notEqual(kept[2], Math.fround(1 / 3));
      for (const beyond of [65_505, 1e9, -1e30, Number.POSITIVE_INFINITY, Number.NaN]) {
        const [value] = await (await device()).read(await halves(1, 4, Float32Array.of(beyond, 1, 2, 3)));
        assert.ok(!Number.isFinite(value), `${beyond} became ${value}`);
      }
    });

    /** Every operation with operands of 16 bits, against itself with the same values in 32. */
    const OPERATIONS: Record<string, (on: Device, x: Buffer, y: Buffer, out: Buffer, ids: Buffer) => void> = {
      add: (on, x, y, out) => on.add(x, y, out),
      gelu: (on, x, _, out) => on.activate(x, out, "gelu"),
      geluBackward: (on, x, y, out) => on.activateBackward(x, y, out, "gelu"),
      dropout: (on, x, _, out) => on.dropout(x, out, { probability: 0.4, seed: 5, site: 1 }),
      fill: (on, _x, _y, out) => on.fill(out, 0.3),
      matmul: (on, x, y, out) => on.matmul(x, y, out),
      gather: (on, x, _, out, ids) => on.gather(ids, x, out),
      layerNorm: (on, x, y, out) => {
        const [gamma, beta, statistics] = [
          on.temporary(1, x.columns),
          on.temporary(1, x.columns),
          on.temporary(x.rows, 2),
        ];
        on.fill(gamma, 1.5);
        on.fill(beta, -0.2);
        const normal = on.mixedPrecision!.temporary(x.rows, x.columns);
        on.layerNorm(x, gamma, beta, normal, statistics, 1e-12);
        on.layerNormBackward(x, gamma, statistics, y, out);
        on.add(normal, out, out);
      },
      // Its kernel knows no floats of 16 bits, as those of operations to come may not.
      crfLoss: (on, x, _, out, ids) => {
        const parameters = () => {
          const [start, transitions, end] = [on.temporary(1, 20), on.temporary(20, 20), on.temporary(1, 20)];
          for (const each of [start, transitions, end]) on.fill(each, 0.1);
          return { start, transitions, end };
        };
        on.crfLoss(x, ids, [0, 7, 20], parameters(), 1, out, parameters(), on.temporary(1, 1));
      },
    };

    for (const [name, record] of Object.entries(OPERATIONS)) {
      test(name, async () => {
        const on = await device();
        on.release();
        const size = 20;
        const [x, y] = [1, 2].map((seed) => randomFloats(size * size, seed));
        const ids = on.integers(Array.from({ length: size }, (_, i) => (i * 7) % size));
        const [halfX, halfY] = [await halves(size, size, x!), await halves(size, size, y!)];
        const [wholeX, wholeY] = [on.temporary(size, size), on.temporary(size, size)];
        on.mixedPrecision!.convert(halfX, wholeX);
        on.mixedPrecision!.convert(halfY, wholeY);
        const results = [on.mixedPrecision!.temporary(size, size), on.temporary(size, size)] as const;
        record(on, halfX, halfY, results[0], ids);
        record(on, wholeX, wholeY, results[1], ids);
        const [half, whole] = [await on.read(results[0]), await on.read(results[1])];
        const largest = Math.max(...whole.map(Math.abs));
        assert.ok(largest > 0);
        half.forEach((value, i) => {
          const off = Math.abs(value - whole[i]!);
          assert.ok(off <= 4 * HALF * largest, `value ${i}: ${value}, not ${whole[i]}`);
        });
      });
    }

    test("floats that make no fours stay whole", async () => {
      const on = await device();
      const x = on.mixedPrecision!.temporary(3, 5);
      on.write(x, randomFloats(15, 1));
      assert.deepEqual(await on.read(x), randomFloats(15, 1));
    });
  });

  describe("mixed precision, training", () => {
    test("ten steps lose what they lose in 32 bits, and go on from a checkpoint to the bit", async () => {
      const [mixed, whole] = [await open(true), await open(false, "wasm")];
      const here = await train(mixed, 1, 5);
      const middle = await mixed.state();
      here.push(...(await train(mixed, 6, 10)));
      const there = await train(whole, 1, 10);
      for (const [i, [loss, norm, scale]] of here.entries()) {
        const [lossThere, normThere] = there[i]!;
        assert.ok(Math.abs(loss! / lossThere! - 1) < 1e-3, `step ${i + 1}: ${loss}, not ${lossThere}`);
        assert.ok(Math.abs(norm! / normThere! - 1) < 1e-2, `step ${i + 1}: ${norm}, not ${normThere}`);
        assert.equal(scale, 65_536);
      }
      const resumed = await open(true);
      resumed.restore(middle);
      assert.deepEqual(await train(resumed, 6, 10), here.slice(5));
      assert.deepEqual(await resumed.state(), await mixed.state());
      for (const trainee of [mixed, whole, resumed]) trainee.dispose();
    });

    test("a step whose gradients have no place in 16 bits is left out, and the next is scaled less", async () => {
      const trainee = await open(true);
      const before = await trainee.state();
      const [[loss, norm, scale]] = (await train(trainee, 1, 1, () => 1e4)) as [number[]];
      assert.ok(Number.isFinite(loss) && !Number.isFinite(norm), `${loss}, ${norm}`);
      assert.equal(scale, 32_768);
      const state = await trainee.state();
      assert.deepEqual(state.get(LOSS_SCALE), Float32Array.of(32_768, 0));
      for (const [name, values] of before) {
        if (name !== LOSS_SCALE) assert.deepEqual(state.get(name), values, name);
      }
      const [[, finite]] = (await train(trainee, 2, 2)) as [number[]];
      assert.ok(Number.isFinite(finite));
      trainee.dispose();
    });
  });
}
