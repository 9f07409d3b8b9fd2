import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CrfTransitions } from "../../src/model/crf/scores.ts";
import { CrfStream } from "../../src/model/crf/stream.ts";
import { SoftmaxStream, type TaggingStream } from "../../src/model/tagging-stream.ts";
import { random } from "../random.ts";
import { decodeByRecursion, stretchProbability } from "../reference/crf.ts";

const within = (actual: number, expected: number, tolerance: number, what = "") =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what} ${actual} is not ${expected}`);

interface Case {
  readonly labels: number;
  readonly steps: number;
  /** How much transitions differ. */
  readonly scale: number;
  /** The share of forbidden steps. */
  readonly forbidden?: number;
  readonly seed: number;
}

function randomCase({ labels, steps, scale, forbidden = 0, seed }: Case) {
  const next = random(seed);
  const stride = (labels + 3) & ~3;
  const values = (count: number, width: number) =>
    Float32Array.from({ length: count }, () => (next() - 0.5) * width);
  const transitions = values(labels * stride, scale);
  for (let from = 0; from < labels; from++) {
    // Never the step to the label that follows, so that there is a path.
    for (let to = 0; to < labels; to++) {
      if (to !== (from + 1) % labels && next() < forbidden) transitions[from * stride + to] = -Infinity;
    }
  }
  const crf: CrfTransitions = {
    labels,
    stride,
    start: values(stride, 4),
    transitions,
    end: values(stride, 4),
  };
  const reference = {
    start: crf.start.subarray(0, labels),
    transitions: Float32Array.from({ length: labels * labels }, (_, pair) => {
      return transitions[Math.floor(pair / labels) * stride + (pair % labels)]!;
    }),
    end: crf.end.subarray(0, labels),
  };
  return { crf, reference, emissions: values(labels * steps, 6) };
}

/** Gives a stream its emissions `size` steps at a time, and takes from it whatever is settled, dropping most of it. */
function runThrough(stream: TaggingStream, emissions: Float32Array, labels: number, size: number) {
  const path: number[] = [];
  const probabilities: number[] = [];
  const stretches: { start: number; end: number; probability: number }[] = [];
  let held = 0;
  let mostHeld = 0;
  for (let at = 0; at < emissions.length; at += size * labels) {
    const part = emissions.slice(at, at + size * labels);
    stream.push(part);
    held += part.length / labels;
    mostHeld = Math.max(mostHeld, held);
    const isEnd = at + size * labels >= emissions.length;
    const settled = stream.settle(isEnd);
    assert.equal(settled.probabilities.length, settled.labels.length * labels);
    const done = isEnd ? settled.labels.length : Math.max(0, settled.labels.length - 1);
    for (let start = 0; start < done; start += 5) {
      const end = Math.min(start + 1 + (start % 3), done);
      const probability = settled.stretchProbability?.({
        start,
        end,
        enters: (previous, label) => previous !== 1 && label !== 0,
        continues: (previous, label) => previous <= label,
        leaves: (label, next) => label !== next,
      });
      stretches.push({ start: path.length + start, end: path.length + end, probability: probability ?? 0 });
    }
    path.push(...settled.labels.subarray(0, done));
    probabilities.push(...settled.probabilities.subarray(0, done * labels));
    stream.drop(done);
    held -= done;
  }
  return { path, probabilities, stretches, mostHeld };
}

describe("a CRF over a sequence in parts", () => {
  const cases: Case[] = [
    { labels: 5, steps: 200, scale: 4, seed: 1 },
    { labels: 1, steps: 9, scale: 4, seed: 2 },
    { labels: 13, steps: 90, scale: 8, forbidden: 0.5, seed: 3 },
    { labels: 4, steps: 60, scale: 0, seed: 4 },
    { labels: 6, steps: 1, scale: 3, seed: 5 },
    { labels: 3, steps: 80, scale: 40, seed: 6 },
  ];
  for (const each of cases) {
    for (const size of [1, 7, 64]) {
      test(`says what it would of the whole: ${JSON.stringify(each)}, ${size} at a time`, () => {
        const { crf, reference, emissions } = randomCase(each);
        const expected = decodeByRecursion(reference, emissions);
        const { path, probabilities, stretches } = runThrough(
          new CrfStream(crf),
          emissions,
          each.labels,
          size,
        );
        assert.deepEqual(path, [...expected.path]);
        assert.equal(probabilities.length, emissions.length);
        for (const [i, marginal] of expected.marginals.entries()) within(probabilities[i]!, marginal, 2e-6);
        for (const { start, end, probability } of stretches) {
          const exact = stretchProbability(reference, emissions, {
            start,
            end,
            starts: (previous, label) => previous !== 1 && label !== 0,
            goesOn: (label, next) => label <= next,
            ends: (label, next) => label !== (next ?? -1),
          });
          within(probability, exact, 2e-6, `${start} to ${end}`);
        }
      });
    }
  }

  test("holds little of a sequence that goes on and on", () => {
    const labels = 9;
    const { crf, emissions } = randomCase({ labels, steps: 3000, scale: 4, seed: 8 });
    const { mostHeld } = runThrough(new CrfStream(crf), emissions, labels, 32);
    assert.ok(mostHeld < 100, `${mostHeld} steps`);
  });

  test("holds all of it rather than guess, where no label is ever left", () => {
    const labels = 3;
    const steps = 50;
    const { crf, reference, emissions } = randomCase({ labels, steps, scale: 0, seed: 9 });
    for (let from = 0; from < labels; from++) {
      for (let to = 0; to < labels; to++) {
        if (from === to) continue;
        crf.transitions[from * crf.stride + to] = -Infinity;
        reference.transitions[from * labels + to] = -Infinity;
      }
    }
    const { path, mostHeld } = runThrough(new CrfStream(crf), emissions, labels, 10);
    assert.equal(mostHeld, steps);
    assert.deepEqual(path, [...decodeByRecursion(reference, emissions).path]);
  });
});

/** Only the steps of `scores` are allowed, each as its two labels. */
function transitionsOf(labels: number, start: number[], scores: Record<string, number>): CrfTransitions {
  const stride = (labels + 3) & ~3;
  const transitions = new Float32Array(labels * stride).fill(-Infinity);
  for (const [[from, to], score] of Object.entries(scores)) {
    transitions[Number(from) * stride + Number(to)] = score;
  }
  const padded = (values: number[]) => Float32Array.from({ length: stride }, (_, i) => values[i] ?? 0);
  return { labels, stride, start: padded(start), transitions, end: padded([]) };
}

describe("nothing is settled that what follows may change", () => {
  test("labels that have been unlikely so far, and may come to weigh", () => {
    const [unlikely, likely] = [Math.log(1e-6), Math.log(1e5)];
    const other = likely - Math.log(2);
    const crf = transitionsOf(3, [0, unlikely, unlikely], {
      "01": 0,
      "02": 0,
      11: likely,
      12: other,
      21: other,
      22: likely,
    });
    const stream = new CrfStream(crf);
    stream.push(new Float32Array(6));
    const { labels, probabilities } = stream.settle(false);
    assert.deepEqual([labels.length, probabilities.length], [0, 0]);
    stream.push(Float32Array.of(0, 0, -Infinity));
    const [, first] = stream.settle(true).probabilities;
    // The last step is 1, before which both 1 and 2 may come.
    const through1 = 1e-6 * (1e5 * 1e5 + 5e4 * 5e4);
    const through2 = 1e-6 * (5e4 * 1e5 + 1e5 * 5e4);
    within(first!, through1 / (1e5 + 5e4 + through1 + through2), 2e-6);
  });

  test("labels that the last step but one alone tells nothing of", () => {
    // A last 0 may come from 2 by way of 3; a last 1 can't.
    const crf = transitionsOf(4, [0, -Infinity, -1, -Infinity], {
      "00": 0,
      "01": 0,
      10: 0,
      11: 0,
      23: 0,
      30: 0,
    });
    const stream = new CrfStream(crf);
    stream.push(new Float32Array(12));
    const { labels, probabilities } = stream.settle(false);
    assert.deepEqual([labels.length, probabilities.length], [0, 0]);
    stream.push(Float32Array.of(-Infinity, 0, -Infinity, -Infinity));
    // Four paths begin with 0 … x x 1, one with 2 3 0 1.
    const likely = 4 / (4 + Math.exp(-1));
    within(stream.settle(true).probabilities[0]!, likely, 2e-6);
  });
});

test("a CRF in parts tells at once where the last path ends, dropped steps left out of the count", () => {
  const labels = 4;
  for (const impossible of [0, 40, 77]) {
    const { crf, emissions } = randomCase({ labels, steps: 80, scale: 1, seed: 11 });
    emissions.fill(-Infinity, impossible * labels, (impossible + 1) * labels);
    const stream = new CrfStream(crf);
    stream.push(emissions.slice(0, 60 * labels));
    const first = stream.settle(false);
    assert.equal(first.deadEnd, impossible < 60 ? impossible : undefined);
    const dropped = impossible < 60 ? 0 : first.labels.length - 1;
    assert.ok(impossible < 60 || dropped > 0);
    stream.drop(dropped);
    stream.push(emissions.slice(60 * labels));
    for (const isEnd of [false, true]) assert.equal(stream.settle(isEnd).deadEnd, impossible - dropped);
  }
  const { crf, emissions } = randomCase({ labels, steps: 5, scale: 1, seed: 12 });
  const stream = new CrfStream({ ...crf, end: crf.end.map(() => -Infinity) });
  stream.push(emissions);
  assert.equal(stream.settle(false).deadEnd, undefined);
  assert.equal(stream.settle(true).deadEnd, 4);
});

test("without a CRF each token is settled by itself", () => {
  const { emissions } = randomCase({ labels: 4, steps: 30, scale: 1, seed: 3 });
  const { path, probabilities, mostHeld } = runThrough(new SoftmaxStream(4), emissions, 4, 8);
  assert.ok(mostHeld <= 9);
  for (const [step, label] of path.entries()) {
    const logits = [...emissions.subarray(step * 4, step * 4 + 4)];
    assert.equal(label, logits.indexOf(Math.max(...logits)));
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
    for (const [i, logit] of logits.entries())
      within(probabilities[step * 4 + i]!, Math.exp(logit) / sum, 1e-7);
  }
});
