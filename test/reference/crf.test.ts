import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { randomFloats } from "../kernels/harness.ts";
import { readCheckpoint, values } from "./checkpoint.ts";
import {
  type Crf,
  decodeByEnumeration,
  decodeByRecursion,
  everyPath,
  pathScore,
  probabilityByEnumeration,
  type Stretch,
  stretchProbability,
} from "./crf.ts";

const random = (labels: number, seed: number): Crf => ({
  start: randomFloats(labels, seed, 2),
  transitions: randomFloats(labels * labels, seed + 1, 2),
  end: randomFloats(labels, seed + 2, 2),
});

test("a path's score, by hand", () => {
  const crf = { start: [1, 10], transitions: [100, 200, 300, 400], end: [0.5, 0.25] };
  assert.equal(pathScore(crf, [1000, 2000, 3000, 4000], [1, 0]), 10 + 2000 + 300 + 3000 + 0.5);
  assert.equal(pathScore(crf, [1000, 2000], [1]), 10 + 2000 + 0.25);
});

test("every path is enumerated once, ordered from its last label back", () => {
  assert.deepEqual([...everyPath(2, 2)], [[0, 0], [1, 0], [0, 1], [1, 1]]); // biome-ignore format: a table
  assert.equal(new Set([...everyPath(3, 4)].map(String)).size, 81);
});

test("enumeration and recursion agree", () => {
  for (const [labels, steps] of [
    [1, 1],
    [1, 4],
    [2, 1],
    [2, 7],
    [3, 5],
    [5, 4],
  ]) {
    // biome-ignore format: a table
    const crf = random(labels, labels + steps);
    const emissions = randomFloats(labels * steps, 30 + labels, 2);
    const [a, b] = [decodeByEnumeration(crf, emissions), decodeByRecursion(crf, emissions)];
    assert.ok(Math.abs(a.logZ - b.logZ) < 1e-12);
    assert.deepEqual(a.path, b.path);
    assert.equal(a.score, b.score);
    a.marginals.forEach((p, i) => {
      assert.ok(Math.abs(p - b.marginals[i]) < 1e-12);
    });
  }
});

test("both break ties alike, and both stand forbidden steps", () => {
  const crf = {
    start: [0, 0, -Infinity],
    transitions: [0, 0, 1, 0, -Infinity, 1, 0, 1, -Infinity],
    end: [0, 0, 0],
  };
  const [a, b] = [
    decodeByEnumeration(crf, new Float64Array(12)),
    decodeByRecursion(crf, new Float64Array(12)),
  ];
  assert.deepEqual(a.path, b.path);
  assert.ok(Math.abs(a.logZ - b.logZ) < 1e-12);
  a.marginals.forEach((p, i) => {
    assert.ok(Math.abs(p - b.marginals[i]) < 1e-12);
  });
});

test("an entity's probability by recursion is the share of the paths that have it", () => {
  // Labels O, B-X, I-X, B-Y. X starts where B-X is, or I-X after another type; it ends before all but I-X.
  const [O, BX, IX, BY] = [0, 1, 2, 3];
  const inX = (label: number | undefined) => label === BX || label === IX;
  const spansOfX = (path: readonly number[]) => {
    const spans: string[] = [];
    for (let t = 0; t < path.length; t++) {
      if (path[t] !== BX && !(path[t] === IX && (t === 0 || !inX(path[t - 1])))) continue;
      let end = t + 1;
      while (path[end] === IX) end++;
      spans.push(`${t}-${end}`);
    }
    return spans;
  };
  assert.deepEqual(spansOfX([IX, IX, BX, O, BX, IX]), ["0-2", "2-3", "4-6"]);
  assert.deepEqual(spansOfX([BY, IX, O, O, O, BX]), ["1-2", "5-6"]);

  const crf = random(4, 5);
  const steps = 5;
  const emissions = randomFloats(4 * steps, 6, 1);
  for (let start = 0; start < steps; start++) {
    for (let end = start + 1; end <= steps; end++) {
      const stretch: Stretch = {
        start,
        end,
        starts: (previous, label) => label === BX || (label === IX && !inX(previous)),
        goesOn: (_, next) => next === IX,
        ends: (_, next) => next !== IX,
      };
      const expected = probabilityByEnumeration(crf, emissions, (path) =>
        spansOfX(path).includes(`${start}-${end}`),
      );
      assert.ok(expected > 0);
      assert.ok(Math.abs(stretchProbability(crf, emissions, stretch) - expected) < 1e-12, `${start}-${end}`);
    }
  }
});

const LABELS = 13;

test("the trained waybill CRF: log Z, best path, its score and the marginals are PyTorch's", () => {
  const folder = new URL("../fixtures/waybill-made-up/", import.meta.url);
  const expected = readCheckpoint(new URL("expected.safetensors", folder));
  const rows = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8"));
  const crf = {
    start: values(expected, "crf.start_transitions"),
    transitions: values(expected, "crf.transitions"),
    end: values(expected, "crf.end_transitions"),
  };
  for (let row = 0; row < 20; row++) {
    const actual = decodeByRecursion(crf, values(expected, `${row}.emissions`));
    assert.deepEqual(actual.path, rows[row].viterbi);
    assert.ok(Math.abs(actual.logZ - rows[row].log_z) < 1e-3, `row ${row}: log Z`);
    assert.ok(Math.abs(actual.score - rows[row].viterbi_score) < 1e-3, `row ${row}: score`);
    // PyTorch's alphas grow to hundreds in f32, which leaves its marginals of a step adding up to 1 ± 2.6e-4. Divided
    // by that sum they agree with ours, whose sum is 1.
    const marginals = values(expected, `${row}.marginals`);
    for (let at = 0; at < marginals.length; at += LABELS) {
      const step = marginals.subarray(at, at + LABELS);
      const sum = step.reduce((total, p) => total + p, 0);
      assert.ok(Math.abs(sum - 1) < 3e-4);
      step.forEach((p, j) => {
        assert.ok(Math.abs(p / sum - actual.marginals[at + j]) < 1e-5, `row ${row}: marginals`);
      });
    }
  }
});
