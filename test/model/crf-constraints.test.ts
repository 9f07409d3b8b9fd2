import assert from "node:assert/strict";
import { test } from "node:test";
import type { PathConstraints } from "../../src/model/crf/constraints.ts";
import { NO_LABEL } from "../../src/model/crf/scores.ts";
import { randomFloats } from "../kernels/harness.ts";
import { random } from "../random.ts";
import { type Constraints, type Crf, rankByEnumeration } from "../reference/crf.ts";
import { logSumExp } from "../reference/math.ts";
import { crfOnKernels, randomScores, smallShapes, wholeScores } from "./crf-machine.ts";

/** The same constraints for the reference and for the model. */
interface Both {
  readonly reference: Constraints;
  readonly model: PathConstraints;
}

/** Forbids some of the steps, and leaves some places only some of the labels: a share of each. */
function randomConstraints(labels: number, steps: number, seed: number, share = 0.25): Both {
  const next = random(seed);
  const forbidden = Array.from({ length: (labels + 1) ** 2 }, () => next() < share);
  const allows = (from: number, to: number) => !forbidden[(from + 1) * (labels + 1) + to + 1];
  const labelsAt = Array.from({ length: steps }, () => {
    if (next() > share) return undefined;
    const some = Array.from({ length: labels }, (_, label) => label).filter(() => next() < 0.5);
    return some.length > 0 ? some : [0];
  });
  return {
    reference: { allows: (from = NO_LABEL, to = NO_LABEL) => allows(from, to), labelsAt },
    model: {
      allows,
      labelsAt: new Map(labelsAt.flatMap((some, t) => (some === undefined ? [] : [[t, new Set(some)]]))),
    },
  };
}

function keepsTo({ allows, labelsAt }: PathConstraints, path: Int32Array): boolean {
  const steps = [NO_LABEL, ...path, NO_LABEL];
  return (
    steps.slice(1).every((to, i) => allows?.(steps[i], to) ?? true) &&
    path.every((label, t) => labelsAt?.get(t)?.has(label) ?? true)
  );
}

async function holdsAgainstEnumeration(scores: Crf, emissions: Float32Array, { reference, model }: Both) {
  const labels = scores.start.length;
  const steps = emissions.length / labels;
  const ranked = rankByEnumeration(scores, emissions, reference);
  const { crf, emit } = await crfOnKernels(scores, steps);
  const address = emit(emissions);
  const { labels: path, score } = crf.viterbi(address, steps, model);
  if (ranked.length === 0) {
    assert.equal(score, -Infinity);
    return false;
  }
  assert.ok(keepsTo(model, path));
  assert.deepEqual([...path], ranked[0].path);
  assert.ok(Math.abs(score - ranked[0].score) < 1e-9);

  const logZ = logSumExp(ranked.map((one) => one.score));
  const posterior = crf.posterior(emit(emissions), steps, model);
  assert.ok(Math.abs(posterior.logPartition - logZ) < 1e-5);
  const expected = new Float64Array(steps * labels);
  for (const one of ranked) {
    for (const [t, label] of one.path.entries()) expected[t * labels + label] += Math.exp(one.score - logZ);
  }
  posterior.marginals().forEach((marginal, i) => {
    assert.ok(Math.abs(marginal - expected[i]) < 3e-6);
  });
  const best = posterior.nBest(100);
  assert.equal(best.length, Math.min(100, ranked.length));
  for (const [i, reading] of best.entries()) {
    assert.deepEqual([...reading.labels], ranked[i].path);
    assert.ok(Math.abs(reading.logLikelihood - (ranked[i].score - logZ)) < 1e-9);
  }
  return true;
}

test("decoding, marginals and readings under random constraints equal the enumeration of what they leave", async () => {
  let possible = 0;
  for (const { labels, steps, seed } of smallShapes()) {
    for (const share of [0.1, 0.4]) {
      const constraints = randomConstraints(labels, steps, seed, share);
      const emissions = randomFloats(labels * steps, seed + 5, 2);
      possible += Number(await holdsAgainstEnumeration(randomScores(labels, seed), emissions, constraints));
    }
  }
  assert.ok(possible > 30 && possible < 72, `${possible} of 72 leave a path: both cases are met`);
});

test("ties under constraints come in order too", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const [labels, steps] = [2 + (seed % 4), 2 + (seed % 5)];
    const emissions = randomFloats(labels * steps, 1000 + seed, 1).map(Math.round);
    const constraints = randomConstraints(labels, steps, seed);
    await holdsAgainstEnumeration(wholeScores(labels, seed), emissions, constraints);
  }
});

test("a forbidden step is never taken, even where every allowed path scores worse by any penalty", async () => {
  for (const excess of [1e4, 1e6, 1e30]) {
    const [labels, steps] = [3, 5];
    const zeros = (count: number) => new Float32Array(count);
    // Label 2 draws with all its might, at every step and in every way to get there.
    const scores = {
      start: Float32Array.of(0, 0, excess),
      transitions: Float32Array.of(0, 0, excess, 0, 0, excess, 0, 0, excess),
      end: zeros(3),
    };
    const emissions = zeros(labels * steps).map((_, i) => (i % labels === 2 ? excess : -excess));
    const { crf, emit } = await crfOnKernels(scores, steps);
    const constraints: PathConstraints = {
      allows: (from, to) => !(from === NO_LABEL && to === 2) && !(from === 0 && to === 2),
      labelsAt: new Map([
        [1, new Set([1])],
        [2, new Set([0, 1])],
        [4, new Set([0])],
      ]),
    };
    const { labels: path, score } = crf.viterbi(emit(emissions), steps, constraints);
    assert.ok(keepsTo(constraints, path), `${path}`);
    assert.ok(score > -Infinity);
    const posterior = crf.posterior(emit(emissions), steps, constraints);
    for (const reading of posterior.nBest(100)) assert.ok(keepsTo(constraints, reading.labels));
    const marginals = posterior.marginals();
    for (const [t, some] of constraints.labelsAt!) {
      for (let label = 0; label < labels; label++) {
        if (!some.has(label)) assert.equal(marginals[t * labels + label], 0);
      }
    }
    assert.equal(posterior.logLikelihood([2, 1, 1, 1, 0]), -Infinity);
    const enters = (previous: number, label: number) => previous === 0 && label === 2;
    const anything = () => true;
    assert.equal(
      posterior.probability({ start: 3, end: 4, enters, continues: anything, leaves: anything }),
      0,
    );
  }
});

test("constraints hold for one sequence: the next without them is decoded as before", async () => {
  const [labels, steps] = [4, 6];
  const scores = randomScores(labels, 3);
  const emissions = randomFloats(labels * steps, 8, 2);
  const { crf, emit } = await crfOnKernels(scores, steps);
  const before = crf.viterbi(emit(emissions), steps);
  crf.viterbi(emit(emissions), steps, randomConstraints(labels, steps, 1).model);
  assert.deepEqual(crf.viterbi(emit(emissions), steps), before);
});

test("a contradiction is found at the first step where nothing is left", async () => {
  const [labels, steps] = [3, 6];
  const { crf, emit } = await crfOnKernels(randomScores(labels, 3), steps);
  const deadEnd = (constraints: PathConstraints) => {
    const address = emit(new Float32Array(labels * steps));
    assert.equal(crf.viterbi(address, steps, constraints).score, -Infinity);
    return crf.deadEnd(address, steps);
  };
  assert.equal(deadEnd({ labelsAt: new Map([[4, new Set<number>()]]) }), 4);
  assert.equal(deadEnd({ allows: (from) => from !== NO_LABEL }), 0);
  assert.equal(deadEnd({ allows: (_, to) => to !== NO_LABEL }), 5);
  const only = (label: number) => new Set([label]);
  const labelsAt = new Map([
    [2, only(0)],
    [3, only(1)],
  ]);
  assert.equal(deadEnd({ allows: (from, to) => from !== 0 || to !== 1, labelsAt }), 3);
});

test("what is taken out of a sequence, and labels past its end, leave the rest a sequence", async () => {
  const [labels, steps] = [3, 6];
  const scores = randomScores(labels, 5);
  const emissions = randomFloats(labels * steps, 6, 2);
  const kept = [0, 2, 3, 5];
  const rows = Float32Array.from(
    kept.flatMap((step) => [...emissions.subarray(step * labels, (step + 1) * labels)]),
  );
  const { crf, emit } = await crfOnKernels(scores, steps);
  const constraints = { labelsAt: new Map([[4, new Set<number>()]]) };
  assert.deepEqual(
    [...crf.viterbi(emit(rows), kept.length, constraints).labels],
    rankByEnumeration(scores, rows)[0].path,
  );
});

test("10,000 steps of 50 labels under constraints stay finite, and keep to them", {
  timeout: 60_000,
}, async () => {
  const [labels, steps] = [50, 10_000];
  const { crf, emit } = await crfOnKernels(randomScores(labels, 1, 100), steps);
  const emissions = randomFloats(labels * steps, 2, 100);
  const allows = (from: number, to: number) => (from * 7 + to) % 5 !== 0;
  const labelsAt = new Map(Array.from({ length: 500 }, (_, i) => [i * 20, new Set([i % labels])]));
  const { labels: path, score } = crf.viterbi(emit(emissions), steps, { allows, labelsAt });
  assert.ok(Number.isFinite(score) && keepsTo({ allows, labelsAt }, path));
  const posterior = crf.posterior(emit(emissions), steps, { allows, labelsAt });
  assert.ok(Number.isFinite(posterior.logPartition) && score <= posterior.logPartition);
  const marginals = posterior.marginals();
  for (let t = 0; t < steps; t++) {
    const sum = marginals.subarray(t * labels, (t + 1) * labels).reduce((total, p) => total + p, 0);
    assert.ok(Math.abs(sum - 1) < 1e-4);
  }
});
