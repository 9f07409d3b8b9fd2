import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type EngineError, pipeline } from "../../src/index.node.ts";
import { packSequences, shareOfRows } from "../../src/model/batch.ts";
import { MemoryReader } from "../../src/model/file/byte-reader.ts";
import { loadModel } from "../../src/model/load-model.ts";
import { chooseThreads } from "../../src/pipelines/threads.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import type { StartThread, Thread } from "../../src/wasm/thread.ts";
import { startThread } from "../../src/wasm/thread-node.ts";
import { randomModel } from "../model/random-model.ts";

const TEXTS = ["张三 abc 省市", "a", "李四", "abcdefghijklmnopqrstuvwxyz", "", "省 市 z", "b".repeat(38)];

/** A loaded model with a team of two, and the threads that `start` gave it. */
async function teamOfTwo(start: StartThread = startThread) {
  const module = await kernelModule("simd", true);
  const reader = new MemoryReader(randomModel(), "random model");
  const model = await loadModel(module, reader, "token-classification", { threads: 2 });
  await model.startTeam(start, module);
  return model;
}

describe("threads", () => {
  test("give the same results as one, to the last bit, in any number", async () => {
    const alone = await pipeline("token-classification", randomModel());
    const expected = await alone(TEXTS, { ignore_labels: [] });
    for (const threads of [2, 3, 5]) {
      const tag = await pipeline("token-classification", randomModel(), { threads });
      assert.equal(tag.threads, threads);
      assert.equal(tag.threadsReason, undefined);
      for (let round = 0; round < 20; round++) {
        assert.deepEqual(await tag(TEXTS, { ignore_labels: [] }), expected);
      }
      assert.deepEqual(await Promise.all(TEXTS.map((text) => tag(text, { ignore_labels: [] }))), expected);
      tag.dispose();
    }
  });

  test("share the rows between them: each has its own, together they have all", () => {
    for (const tokens of [1, 3, 4, 5, 64, 130]) {
      for (const threads of [1, 2, 3, 7]) {
        let next = 0;
        for (let thread = 0; thread < threads; thread++) {
          const { first, count } = shareOfRows(tokens, { thread, threads, barrier() {} });
          assert.equal(first, next);
          next += count;
        }
        assert.equal(next, tokens);
      }
    }
  });

  test("end with the pipeline, even in the middle of a text", async () => {
    const tag = await pipeline("token-classification", randomModel(), { threads: 2 });
    const waiting = tag(TEXTS);
    await new Promise((resolve) => setImmediate(resolve));
    tag.dispose();
    await assert.rejects(waiting, { name: "DisposedError" });
    await assert.rejects(tag("a"), { name: "DisposedError" });
  });

  test("turn a crashed thread into an error, and never wait for it", async () => {
    const started: Thread[] = [];
    const model = await teamOfTwo(async () => {
      const thread = await startThread();
      started.push(thread);
      return thread;
    });
    const batch = packSequences([Int32Array.from([2, 5, 6, 3])]);
    await model.run(batch);
    const running = model.run(batch);
    started[1]!.end();
    await assert.rejects(
      running.then(() => model.run(batch)),
      (error: EngineError) => error.code === "thread-failed" && /exited with code 1/.test(error.message),
    );
    await assert.rejects(model.run(batch), { code: "thread-failed" });
  });

  test("report what a thread throws", async () => {
    const model = await teamOfTwo(async () => {
      const thread = await startThread();
      return {
        ...thread,
        post: (message) => thread.post(message instanceof Int32Array ? "no batch" : message),
      };
    });
    const batch = packSequences([Int32Array.from([2, 5, 6, 3])]);
    await assert.rejects(model.run(batch), { name: "EngineError", code: "thread-failed" });
  });

  test("are as many as asked for, or one for a reason", () => {
    assert.deepEqual(chooseThreads(1, undefined), { threads: 1, threadsReason: undefined });
    assert.deepEqual(chooseThreads(3, startThread), { threads: 3, threadsReason: undefined });
    assert.deepEqual(chooseThreads(3, undefined), {
      threads: 1,
      threadsReason: "this platform has no threads",
    });
    for (const [cores, threads] of [
      [2, 2],
      [4, 4],
      [16, 4],
    ] as const) {
      assert.equal(chooseThreads("auto", startThread, cores).threads, threads);
    }
    assert.deepEqual(chooseThreads("auto", startThread, 1), {
      threads: 1,
      threadsReason: "this machine has one core",
    });
    for (const bad of [0, -1, 1.5, 65, "2", null, Number.NaN]) {
      assert.throws(() => chooseThreads(bad, startThread), { code: "bad-option", message: /threads/ });
    }
  });
});
