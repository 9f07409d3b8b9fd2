import assert from "node:assert/strict";
import { test } from "node:test";
import { randomFloats } from "../kernels/harness.ts";
import { type Crf, decodeByEnumeration, pathScore, rankByEnumeration } from "../reference/crf.ts";
import { logSumExp } from "../reference/math.ts";
import { crfOnKernels, randomScores, smallShapes, wholeScores } from "./crf-machine.ts";

async function nBest(scores: Crf, emissions: Float32Array, k: number) {
  const steps = emissions.length / scores.start.length;
  const { crf, emit } = await crfOnKernels(scores, steps);
  return crf.posterior(emit(emissions), steps).nBest(k);
}

/** As the definition has it: every path ranked, and its share of all. */
function expected(scores: Crf, emissions: Float32Array) {
  const ranked = rankByEnumeration(scores, emissions);
  const logZ = logSumExp(ranked.map(({ score }) => score));
  return ranked.map(({ path, score }) => ({ path, logLikelihood: score - logZ }));
}

test("the k best paths are the first k of all paths ranked, with their probabilities", async () => {
  for (const { labels, steps, seed } of smallShapes()) {
    const scores = randomScores(labels, seed);
    const emissions = randomFloats(labels * steps, seed + 5, 2);
    const all = expected(scores, emissions);
    for (const k of [1, 2, 7, 100]) {
      const best = await nBest(scores, emissions, k);
      assert.equal(best.length, Math.min(k, all.length), `${labels} labels, ${steps} steps, ${k} paths`);
      for (const [i, { labels: path, logLikelihood }] of best.entries()) {
        assert.deepEqual([...path], all[i].path);
        assert.ok(Math.abs(logLikelihood - all[i].logLikelihood) < 1e-9);
      }
    }
  }
});

test("ties come in the order of their labels from the last step back, every time", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const [labels, steps] = [2 + (seed % 4), 2 + (seed % 5)];
    const scores = wholeScores(labels, seed);
    const emissions = randomFloats(labels * steps, 1000 + seed, 1).map(Math.round);
    const all = expected(scores, emissions);
    const best = await nBest(scores, emissions, 100);
    assert.deepEqual(
      best.map(({ labels: path }) => [...path]),
      all.slice(0, 100).map(({ path }) => path),
    );
  }
});

test("where all scores are equal the paths come in order, none twice", async () => {
  const equal = (count: number) => new Float32Array(count).fill(3);
  const scores = { start: equal(3), transitions: equal(9), end: equal(3) };
  const best = await nBest(scores, equal(15), 100);
  const all = expected(scores, equal(15));
  assert.deepEqual(
    best.map(({ labels }) => [...labels]),
    all.slice(0, 100).map(({ path }) => path),
  );
  assert.ok(best.every(({ logLikelihood }) => Math.abs(logLikelihood + 5 * Math.log(3)) < 1e-12));
});

test("paths of score −∞ are no paths, and there may be none at all", async () => {
  const never = Number.NEGATIVE_INFINITY;
  const scores = { start: [0, never], transitions: [0, never, 0, 0], end: [1, 0] };
  const best = await nBest(scores, new Float32Array(6), 100);
  assert.deepEqual(
    best.map(({ labels }) => [...labels]),
    [[0, 0, 0]],
  );
  assert.equal(best[0].logLikelihood, 0);
  assert.deepEqual(await nBest({ ...scores, start: [never, never] }, new Float32Array(6), 100), []);
});

test("100 paths of 512 steps and 31 labels: ordered, all different, the first is Viterbi's", async () => {
  const [labels, steps] = [31, 512];
  const scores = randomScores(labels, 4);
  const emissions = randomFloats(labels * steps, 9, 3);
  const { crf, emit } = await crfOnKernels(scores, steps);
  const address = emit(emissions);
  const { labels: viterbi, score } = crf.viterbi(address, steps);
  const posterior = crf.posterior(address, steps);
  const best = posterior.nBest(100);
  assert.equal(best.length, 100);
  assert.deepEqual(best[0].labels, viterbi);
  assert.equal(new Set(best.map((reading) => reading.labels.join())).size, 100);
  for (let i = 1; i < best.length; i++) assert.ok(best[i].logLikelihood <= best[i - 1].logLikelihood);
  assert.ok(Math.abs(score - best[0].logLikelihood - posterior.logPartition) < 1e-3);
  for (const { labels: path, logLikelihood } of best) {
    assert.equal(posterior.logLikelihood(path), logLikelihood);
  }
  // No neighbour of a path that was left out beats the last that was let in.
  const worst = pathScore(scores, emissions, best[99].labels);
  const found = new Set(best.map((reading) => reading.labels.join()));
  for (let i = 0; i < steps * labels; i++) {
    const neighbour = best[0].labels.with(i % steps, Math.floor(i / steps));
    if (!found.has(neighbour.join())) assert.ok(pathScore(scores, emissions, neighbour) <= worst + 1e-9);
  }
});

test("10,000 steps of 50 labels have finite readings in order", { timeout: 60_000 }, async () => {
  const [labels, steps] = [50, 10_000];
  const { crf, emit } = await crfOnKernels(randomScores(labels, 1, 100), steps);
  const best = crf.posterior(emit(randomFloats(labels * steps, 2, 100)), steps).nBest(5);
  assert.equal(new Set(best.map((reading) => reading.labels.join())).size, 5);
  for (const [i, { logLikelihood }] of best.entries()) {
    assert.ok(Number.isFinite(logLikelihood) && logLikelihood <= (best[i - 1]?.logLikelihood ?? 0));
  }
});

test("a path's log-likelihood is its score less log Z", async () => {
  for (const { labels, steps, seed } of smallShapes()) {
    const scores = randomScores(labels, seed);
    const emissions = randomFloats(labels * steps, seed + 5, 2);
    const { crf, emit } = await crfOnKernels(scores, steps);
    const posterior = crf.posterior(emit(emissions), steps);
    const { logZ } = decodeByEnumeration(scores, emissions);
    const path = Int32Array.from({ length: steps }, (_, t) => (seed + 7 * t) % labels);
    const difference = posterior.logLikelihood(path) - (pathScore(scores, emissions, path) - logZ);
    assert.ok(Math.abs(difference) < 1e-9);
  }
});
