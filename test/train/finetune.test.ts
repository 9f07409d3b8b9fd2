import assert from "node:assert/strict";
import { test } from "node:test";
import { TrainingError } from "../../src/errors.ts";
import {
  type FinetuneSettings,
  finetune,
  labelsIn,
  type Position,
  START,
  type StepReport,
} from "../../src/train/finetune.ts";
import type { Example, Trainee, UpdateSettings } from "../../src/train/trainee.ts";

const SETTINGS: FinetuneSettings = {
  epochs: 3,
  batchSize: 4,
  accumulate: 2,
  learningRate: 1e-3,
  crfLearningRate: 1e-2,
  layerDecay: 1,
  warmup: 0.25,
  weightDecay: 0.01,
  clipNorm: 1,
  seed: 7,
};

const EXAMPLES = Array.from({ length: 19 }, (_, i): Example => {
  const length = 3 + (i % 5);
  return {
    inputIds: new Int32Array(length),
    labels: Int32Array.from({ length }, (_, t) => (t < 2 ? -100 : i)),
  };
});

interface Call {
  readonly batch: readonly Example[];
  readonly seed: number;
  readonly scale: number;
}

/** Notes what it is told to do, and loses 1 a batch. */
function noting(loss = 1) {
  const steps: { calls: Call[]; update: UpdateSettings }[] = [];
  let calls: Call[] = [];
  const trainee = {
    async accumulate(batch: readonly Example[], seed: number, scale: number) {
      calls.push({ batch, seed, scale });
      return loss;
    },
    async update(update: UpdateSettings) {
      steps.push({ calls, update });
      calls = [];
      return 0.5;
    },
  } as Partial<Trainee> as Trainee;
  return { trainee, steps };
}

async function run(from?: Position, most = Number.POSITIVE_INFINITY) {
  const { trainee, steps } = noting();
  const reports: StepReport[] = [];
  for await (const report of finetune(trainee, EXAMPLES, SETTINGS, 2, labelsIn, from)) {
    reports.push(report);
    if (reports.length === most) break;
  }
  return { steps, reports };
}

test("an epoch is a step for every two batches, with a smaller one at its end", async () => {
  const { steps, reports } = await run();
  assert.deepEqual(
    reports.map(({ epoch, endsEpoch }) => [epoch, endsEpoch]),
    [0, 1, 2].flatMap((epoch) => [
      [epoch, false],
      [epoch, false],
      [epoch, true],
    ]),
  );
  assert.deepEqual(
    steps.map(({ calls }) => calls.length),
    [2, 2, 1, 2, 2, 1, 2, 2, 1],
  );
  assert.equal(reports[0]!.steps, 9);
  const tokens = EXAMPLES.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
  assert.equal(
    reports.slice(0, 3).reduce((sum, report) => sum + report.tokens, 0),
    tokens,
  );
});

test("every loss of a step counts alike, and every dropout has a seed of its own", async () => {
  const { steps } = await run();
  for (const { calls } of steps) {
    const losses = labelsIn(calls.flatMap(({ batch }) => batch));
    for (const { scale } of calls) assert.equal(scale, 1 / losses);
  }
  const seeds = steps.flatMap(({ calls }) => calls.map(({ seed }) => seed));
  assert.equal(new Set(seeds).size, seeds.length);
});

test("the rates follow the schedule, the CRF's its own", async () => {
  const { steps, reports } = await run();
  const rates = steps.map(({ update }) => update.learningRate("classifier.weight"));
  assert.deepEqual(
    rates,
    reports.map(({ learningRate }) => learningRate),
  );
  assert.equal(Math.max(...rates), 1e-3);
  assert.equal(rates.indexOf(1e-3), 2); // a quarter of nine steps, rounded up
  for (const [i, { update }] of steps.entries()) {
    assert.ok(Math.abs(update.learningRate("crf.transitions") - 10 * rates[i]!) < 1e-15);
    assert.equal(update.step, i + 1);
  }
});

test("what goes on from any step is what would have come", async () => {
  const whole = await run();
  for (let done = 0; done <= 9; done++) {
    const position = done === 0 ? START : whole.reports[done - 1]!.position;
    const rest = await run(JSON.parse(JSON.stringify(position)));
    assert.deepEqual(rest.reports, whole.reports.slice(done));
    assert.deepEqual(
      rest.steps.map(({ calls }) => calls),
      whole.steps.slice(done).map(({ calls }) => calls),
    );
  }
});

test("a loss that is no number ends it", async () => {
  const { trainee } = noting(Number.NaN);
  const step = finetune(trainee, EXAMPLES, SETTINGS, 2, labelsIn).next();
  await assert.rejects(step, (error) => error instanceof TrainingError && error.code === "diverged");
});
