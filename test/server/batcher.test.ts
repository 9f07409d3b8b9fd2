import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { InputError } from "../../src/errors.ts";
import { Batcher, type BatcherOptions, type BatchRunner } from "../../src/server/batcher.ts";
import { ServingError, WorkerLostError } from "../../src/server/errors.ts";
import type { Answer, Batch } from "../../src/server/worker.ts";

/** A worker whose batches end when the test says so. */
class Desk implements BatchRunner {
  readonly batches: Batch[] = [];
  readonly ready = 1;
  idle = 1;
  readonly #ends: ((outcome: readonly Answer[] | Error) => void)[] = [];

  async run(batch: Batch): Promise<readonly Answer[]> {
    this.idle--;
    this.batches.push(batch);
    const outcome = await new Promise<readonly Answer[] | Error>((resolve) => this.#ends.push(resolve));
    this.idle++;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  /** Ends the batch at hand, by default with each input in capitals, and lets the next begin. */
  async end(outcome?: readonly Answer[] | Error): Promise<void> {
    const { inputs } = this.batches.at(-1)!;
    this.#ends.shift()!(outcome ?? inputs.map((input) => ({ result: String(input).toUpperCase() })));
    await sleep(1);
  }

  get inputs() {
    return this.batches.map(({ inputs }) => inputs);
  }
}

const NEVER = new AbortController().signal;

function open(options: Partial<BatcherOptions> = {}) {
  const desk = new Desk();
  const limits = { maxBatchTokens: 10, maxWait: 0, maxQueue: 8, requestTimeout: 1000, onBatch() {} };
  const batcher = new Batcher({ ...limits, ...options });
  batcher.start(desk);
  const submit = (inputs: string, { model = "m", parameters = {}, signal = NEVER, tokens = 2 } = {}) =>
    batcher.submit(
      model,
      parameters,
      [...inputs].map((input) => ({ input, tokens })),
      signal,
    );
  return { desk, batcher, submit };
}

describe("a batcher", () => {
  it("runs what has waited together, in order, up to the limit of tokens", async () => {
    const { desk, submit } = open();
    const results = [submit("a"), submit("bcd"), submit("efg")];
    await desk.end();
    assert.deepEqual(desk.inputs, [["a"], ["b", "c", "d", "e", "f"]]);
    await desk.end();
    await desk.end();
    assert.deepEqual(desk.inputs[2], ["g"]);
    assert.deepEqual(await Promise.all(results), [["A"], ["B", "C", "D"], ["E", "F", "G"]]);
  });

  it("keeps models and parameters apart, and lets no input wait for ever", async () => {
    const { desk, submit } = open();
    const results = [
      submit("a"),
      submit("b", { model: "n" }),
      submit("c", { parameters: { top_k: 2 } }),
      submit("d", { model: "n" }),
    ];
    for (let i = 0; i < 3; i++) await desk.end();
    assert.deepEqual(desk.inputs, [["a"], ["b", "d"], ["c"]]);
    assert.deepEqual(desk.batches[2]!.parameters, { top_k: 2 });
    await Promise.all(results);
  });

  it("runs an input that is larger than a batch by itself", async () => {
    const { desk, submit } = open();
    const results = [submit("a"), submit("b", { tokens: 50 }), submit("c")];
    for (let i = 0; i < 3; i++) await desk.end();
    assert.deepEqual(desk.inputs, [["a"], ["b"], ["c"]]);
    await Promise.all(results);
  });

  it("waits for company while there is room, and no longer than it may", async () => {
    const { desk, submit } = open({ maxWait: 40 });
    const results = [submit("ab"), submit("c")];
    assert.equal(desk.batches.length, 0);
    while (desk.batches.length === 0) await sleep(5);
    await desk.end();
    const full = submit("defgh");
    assert.deepEqual(desk.inputs[1], ["d", "e", "f", "g", "h"]);
    await desk.end();
    await Promise.all([...results, full]);
    assert.deepEqual(desk.inputs[0], ["a", "b", "c"]);
  });

  it("refuses what would wait too long, by number and by time", async () => {
    const { desk, batcher, submit } = open();
    const overloaded = (error: unknown) =>
      error instanceof ServingError && error.code === "overloaded" && error.retryAfter! >= 1;
    const results = [submit("a"), submit("bcdefghi")];
    await assert.rejects(submit("j"), overloaded);
    await assert.rejects(submit("abcdefghi"), /may hold 8 inputs, not 9/);
    assert.equal(batcher.queueLength, 8);
    for (let i = 0; i < 3; i++) await desk.end();
    await Promise.all(results);

    const slow = submit("k");
    await sleep(700);
    await desk.end();
    await slow;
    const waiting = [submit("l"), submit("mnopq")];
    assert.ok(batcher.delay > 0.5, `${batcher.delay} s`);
    await assert.rejects(submit("r"), overloaded);
    for (let i = 0; i < 2; i++) await desk.end();
    await Promise.all(waiting);
  });

  it("drops what nobody waits for, unless it has begun", async () => {
    const { desk, batcher, submit } = open();
    const [first, second] = [new AbortController(), new AbortController()];
    const begun = submit("a", { signal: first.signal });
    const waiting = submit("bc", { signal: second.signal });
    const other = submit("d");
    first.abort(new Error("gone"));
    second.abort(new Error("gone too"));
    await assert.rejects(begun, /^Error: gone$/);
    await assert.rejects(waiting, /^Error: gone too$/);
    assert.equal(batcher.queueLength, 1);
    for (let i = 0; i < 2; i++) await desk.end();
    assert.deepEqual(desk.inputs, [["a"], ["d"]]);
    await other;
    await assert.rejects(submit("e", { signal: first.signal }), /gone/);
    assert.equal(batcher.delay, 0);
  });

  it("tries what was lost with a worker once more, each input alone", async () => {
    const { desk, submit } = open();
    const results = [submit("a"), submit("bc"), submit("d")];
    const failed = assert.rejects(results[1]!, /two workers ended over this input/);
    await desk.end();
    await desk.end(new WorkerLostError("gone"));
    const behind = submit("e");
    await desk.end();
    await desk.end(new WorkerLostError("gone again"));
    await desk.end();
    await desk.end();
    assert.deepEqual(desk.inputs, [["a"], ["b", "c", "d"], ["b"], ["c"], ["d"], ["e"]]);
    await failed;
    assert.deepEqual(await Promise.all([results[0], results[2], behind]), [["A"], ["D"], ["E"]]);
  });

  it("tells of an input that can't be used, and answers the others", async () => {
    const { desk, submit } = open();
    const results = [submit("a"), submit("b"), submit("c")];
    const failed = assert.rejects(
      results[1]!,
      (thrown) => thrown instanceof InputError && thrown.code === "text-too-long",
    );
    await desk.end();
    const error = { code: "text-too-long", message: "too long" } as const;
    await desk.end([{ error }, { result: "C" }]);
    await failed;
    assert.deepEqual(await results[2], ["C"]);
  });
});
