import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { parseConfig } from "../../src/model/config.ts";
import { pretrainingCreator, traineeCreator } from "../../src/train/create-trainee.ts";
import {
  DROPOUT_DEFAULTS,
  FINETUNE_DEFAULTS,
  finetune,
  generatorConfig,
  type MaskedExample,
  pretrain,
  sequencesOf,
} from "../../src/train.node.ts";
import { threadOf } from "../../src/wasm/thread-node.ts";

const CONFIG = parseConfig(
  {
    vocab_size: 40,
    embedding_size: 16,
    hidden_size: 32,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    intermediate_size: 64,
    max_position_embeddings: 32,
    type_vocab_size: 2,
  },
  "the test",
);
const STEPS = 1000;

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Waits for what comes in its own time, but not for ever. */
async function until(what: string, is: () => boolean): Promise<void> {
  for (let turns = 0; !is(); turns++) {
    assert.ok(turns < 5000, `${what} never came`);
    await turn();
  }
}

const running = new Set<Worker>();
const platform = {
  startThread() {
    const worker = new Worker(new URL("../../src/training-member.node.ts", import.meta.url));
    running.add(worker);
    worker.once("exit", () => running.delete(worker));
    return threadOf(worker);
  },
  findGpu: () => assert.fail("no GPU was asked for"),
};

const memories: WeakRef<WebAssembly.Memory>[] = [];
WebAssembly.Memory = class extends WebAssembly.Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    memories.push(new WeakRef(this));
  }
};

const inputIds = Int32Array.from({ length: 12 }, (_, i) => 2 + i);
const example = { inputIds, labels: inputIds.map((id) => id % 5) };
const masked: MaskedExample = {
  inputIds,
  firstSegment: 12,
  maskedIds: inputIds.with(3, 4),
  maskedPositions: Int32Array.of(3),
};

/** Both loops: each makes a trainee and trains it, a step for each value. */
const LOOPS = {
  async finetune(threads: number) {
    const head = { head: "crf", labels: 5 } as const;
    const trainee = await traineeCreator(platform)({
      config: CONFIG,
      ...head,
      ...DROPOUT_DEFAULTS,
      seed: 1,
      threads,
    });
    const settings = { ...FINETUNE_DEFAULTS, epochs: STEPS };
    const run = (signal?: AbortSignal) =>
      finetune(trainee, [example, example], { ...settings, signal }, 2, sequencesOf);
    return { trainee, run };
  },
  async pretrain(threads: number) {
    const trainee = await pretrainingCreator(platform)({
      generator: generatorConfig(CONFIG, 0.25),
      discriminator: CONFIG,
      dropout: DROPOUT_DEFAULTS,
      seed: 1,
      threads,
    });
    const rate = { learningRate: 1e-3, warmupSteps: 10, weightDecay: 0.01, clipNorm: 1 };
    const settings = { ...rate, steps: STEPS, seed: 1 };
    const run = (signal?: AbortSignal) => pretrain(trainee, () => [[masked]], { ...settings, signal });
    return { trainee, run };
  },
};

/** Steps until it ends or is told to stop. */
async function countSteps(run: AsyncGenerator<unknown>, onStep: (steps: number) => boolean | undefined) {
  let steps = 0;
  try {
    for await (const _ of run) if (onStep(++steps)) break;
    return { steps };
  } catch (error) {
    return { steps, error };
  }
}

for (const [name, start] of Object.entries(LOOPS)) {
  for (const threads of [1, 2]) {
    describe(`a signal given for ${name}, ${threads} thread(s)`, () => {
      test("stops between two steps, and leaves the trainee as the last one did", async () => {
        const { trainee, run } = await start(threads);
        const abort = new AbortController();
        const reason = new Error("enough");
        const stopped = await countSteps(run(abort.signal), (steps) => {
          if (steps === 3) setTimeout(() => abort.abort(reason));
          return undefined;
        });
        assert.equal(stopped.error, reason);
        assert.ok(stopped.steps >= 3 && stopped.steps < STEPS, `${stopped.steps} steps`);

        const other = await start(threads);
        await countSteps(other.run(), (steps) => steps === stopped.steps);
        assert.deepEqual(await trainee.state(), await other.trainee.state());
        for (const each of [trainee, other.trainee]) each.dispose();
      });

      test("that has aborted takes no further step, neither the first", async () => {
        const { trainee, run } = await start(threads);
        const before = await trainee.state();
        const none = await countSteps(run(AbortSignal.abort("not today")), () => undefined);
        assert.deepEqual(none, { steps: 0, error: "not today" });
        assert.deepEqual(await trainee.state(), before);

        const abort = new AbortController();
        const two = await countSteps(run(abort.signal), (steps) => {
          if (steps === 2) abort.abort("that will do");
          return undefined;
        });
        assert.deepEqual(two, { steps: 2, error: "that will do" });
        trainee.dispose();
      });

      test("must be one", async () => {
        const { trainee, run } = await start(threads);
        for (const signal of [null, {}, new AbortController()]) {
          await assert.rejects(run(signal as AbortSignal).next(), {
            code: "bad-option",
            message: /signal must be an AbortSignal/,
          });
        }
        trainee.dispose();
      });

      test("leaves nothing once the trainee is disposed of, also where it is kept", async () => {
        const { trainee, run } = await start(threads);
        const abort = new AbortController();
        const generator = run(abort.signal);
        await countSteps(generator, () => {
          assert.equal(running.size, threads === 1 ? 0 : threads);
          abort.abort();
          return undefined;
        });
        assert.ok(trainee.byteLength > 0);
        trainee.dispose();
        trainee.dispose();
        assert.equal(trainee.byteLength, 0);
        await until("the end of the threads", () => running.size === 0);
        await until("the end of the memories", () => {
          collectGarbage();
          return memories.every((memory) => memory.deref() === undefined);
        });
        await assert.rejects(trainee.state(), { name: "DisposedError" });
      });
    });
  }
}
