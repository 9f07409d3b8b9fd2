import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Crf,
  type Decoded,
  decodeByEnumeration,
  decodeByRecursion,
  pathScore,
} from "../reference/crf.ts";
import {
  assertUntouched,
  floatsOut,
  input,
  integersOut,
  largestDifference,
  overBinaries,
  randomFloats,
} from "./harness.ts";

overBinaries((bench) => {
  interface Answer extends Decoded {
    /** As the backward messages give it. */
    readonly backwardLogZ: number;
  }

  /** Runs all four kernels. */
  function decode(crf: Crf, emissions: Float32Array, on = bench): Answer {
    const labels = crf.start.length;
    const steps = emissions.length / labels;
    const stride = on.kernels.crfStride(labels);
    const operands = {
      emissions: input(emissions),
      start: input(padded(crf.start, labels, stride)),
      transitions: input(padded(crf.transitions, labels, stride)),
      end: input(padded(crf.end, labels, stride)),
    };
    const transposed = input(padded(transpose(crf.transitions, labels), labels, stride));
    const { crfViterbi, crfForward, crfBackward, crfMarginals } = on.kernels;

    const best = on.call(
      { ...operands, messages: floatsOut(steps * stride), path: integersOut(steps) },
      (at) => crfViterbi(at.emissions, at.start, at.transitions, at.end, at.messages, at.path, steps, labels),
    );
    const forward = on.call({ ...operands, messages: floatsOut(steps * stride) }, (at) =>
      crfForward(at.emissions, at.start, at.transitions, at.end, at.messages, steps, labels),
    );
    const backward = on.call(
      { ...operands, transitions: transposed, messages: floatsOut(steps * stride) },
      (at) => crfBackward(at.emissions, at.start, at.transitions, at.end, at.messages, steps, labels),
    );
    const marginals = on.call(
      {
        emissions: operands.emissions,
        forward: input(forward.floats("messages")),
        backward: input(backward.floats("messages")),
        marginals: floatsOut(steps * stride),
      },
      (at) => {
        crfMarginals(at.emissions, at.forward, at.backward, at.marginals, steps, labels);
        return undefined;
      },
    );
    const shares = marginals.floats("marginals");
    for (let i = 0; i < shares.length; i++) {
      const step = i - (i % stride);
      if (i - step >= labels)
        assert.equal(shares[i], 0 * shares[step], "the padding of marginals is 0, or all is NaN");
    }
    return {
      logZ: forward.returned as number,
      backwardLogZ: backward.returned as number,
      path: [...best.integers("path")],
      score: best.returned as number,
      marginals: Float64Array.from(shares.filter((_, i) => i % stride < labels)),
    };
  }

  /** Rows of `labels` values, padded with NaN, which must not matter. */
  function padded(rows: ArrayLike<number>, labels: number, stride: number): Float32Array {
    const out = new Float32Array((rows.length / labels) * stride).fill(Number.NaN);
    for (let i = 0; i < rows.length; i++) out[Math.floor(i / labels) * stride + (i % labels)] = rows[i];
    return out;
  }

  function transpose(matrix: ArrayLike<number>, size: number): Float32Array {
    return Float32Array.from(matrix, (_, i) => matrix[(i % size) * size + Math.floor(i / size)]);
  }

  function randomCrf(labels: number, seed: number, scale = 1): Crf {
    return {
      start: randomFloats(labels, seed, scale),
      transitions: randomFloats(labels * labels, seed + 1, scale),
      end: randomFloats(labels, seed + 2, scale),
    };
  }

  /** Whole numbers have exact sums and many ties: both sides must break them alike. */
  const rounded = (values: ArrayLike<number>) => Float32Array.from(values, Math.round);

  /** @param scale of the scores: their f32 spacing is what limits a difference of two paths, and so a probability */
  function assertClose(actual: Answer, expected: Decoded, scale: number): void {
    const tolerance = 1e-6 * scale + 1e-7 * Math.abs(expected.logZ);
    assert.ok(
      Math.abs(actual.logZ - expected.logZ) <= tolerance,
      `log Z ${actual.logZ}, not ${expected.logZ}`,
    );
    assert.ok(Math.abs(actual.backwardLogZ - expected.logZ) <= tolerance, "log Z of the backward messages");
    const difference = largestDifference(actual.marginals, expected.marginals);
    assert.ok(difference <= 1e-6 * scale, `marginals differ by ${difference}`);
  }

  test("the kernels equal the enumeration of every path, for up to 6 labels and 6 steps", () => {
    for (let labels = 1; labels <= 6; labels++) {
      for (let steps = 1; steps <= (labels === 6 ? 5 : 6); steps++) {
        const crf = randomCrf(labels, 10 * labels + steps, 2);
        const emissions = randomFloats(steps * labels, 100 + 10 * labels + steps, 2);
        const expected = decodeByEnumeration(crf, emissions);
        const actual = decode(crf, emissions);
        assertClose(actual, expected, 2);
        assert.deepEqual(actual.path, expected.path);
        assert.ok(
          Math.abs(actual.score - expected.score) <= 1e-12 * Math.abs(expected.score) + 1e-12,
          "score",
        );
      }
    }
  });

  test("ties go to the label that comes first, from the last step back", () => {
    for (let seed = 0; seed < 40; seed++) {
      const [labels, steps] = [2 + (seed % 4), 2 + (seed % 5)];
      const { start, transitions, end } = randomCrf(labels, seed, 0.7);
      const crf = { start: rounded(start), transitions: rounded(transitions), end: rounded(end) };
      const emissions = rounded(randomFloats(steps * labels, 1000 + seed, 0.7));
      const expected = decodeByEnumeration(crf, emissions);
      assert.deepEqual(decode(crf, emissions).path, expected.path);
    }
  });

  test("all scores equal: every path is as likely as any other and the first one wins", () => {
    for (const level of [0, -0, 3, -1e4, 1e30]) {
      const fill = (count: number) => new Float32Array(count).fill(level);
      const crf = { start: fill(3), transitions: fill(9), end: fill(3) };
      const actual = decode(crf, fill(12));
      const levels = 9 * level; // start, four emissions, three transitions, end
      assert.deepEqual(actual.path, [0, 0, 0, 0]);
      assert.ok(Math.abs(actual.score - levels) <= 1e-7 * Math.abs(levels));
      assert.ok(Math.abs(actual.logZ - levels - 4 * Math.log(3)) <= 1e-6 * Math.max(1, Math.abs(levels)));
      for (const share of actual.marginals) assert.ok(Math.abs(share - 1 / 3) < 1e-7);
    }
  });

  test("forbidden transitions, starts, ends and emissions get probability 0 and never NaN", () => {
    for (let seed = 0; seed < 30; seed++) {
      const [labels, steps] = [2 + (seed % 4), 1 + (seed % 6)];
      const forbid = (values: ArrayLike<number>, some: number) =>
        Float32Array.from(randomFloats(values.length, some), (chance, i) =>
          chance > 0.4 ? -Infinity : values[i],
        );
      const { start, transitions, end } = randomCrf(labels, seed, 2);
      const crf = {
        start: forbid(start, seed + 50),
        transitions: forbid(transitions, seed + 51),
        end: forbid(end, seed + 52),
      };
      const emissions = forbid(randomFloats(steps * labels, 2000 + seed, 2), seed + 53);
      const expected = decodeByEnumeration(crf, emissions);
      const actual = decode(crf, emissions);
      assert.equal(actual.marginals.includes(Number.NaN), false);
      if (expected.logZ === -Infinity) {
        assert.equal(actual.logZ, -Infinity);
        assert.equal(actual.backwardLogZ, -Infinity);
        assert.equal(actual.score, -Infinity);
        assert.ok(
          actual.marginals.every((share) => share === 0),
          "no path, no marginals",
        );
        assert.ok(
          actual.path.every((label) => label >= 0 && label < labels),
          "labels all the same",
        );
      } else {
        assertClose(actual, expected, 2);
        assert.deepEqual(actual.path, expected.path);
      }
    }
  });

  test("the kernels equal the float64 recursion, for ragged numbers of labels and steps", () => {
    for (const labels of [1, 2, 3, 4, 5, 7, 8, 9, 13, 31, 50]) {
      for (const steps of labels > 13 ? [1, 2, 3, 63, 65] : [1, 2, 3, 63, 64, 65, 512]) {
        const crf = randomCrf(labels, labels + steps, 2);
        const emissions = randomFloats(steps * labels, 3 * labels + steps, 3);
        const expected = decodeByRecursion(crf, emissions);
        const actual = decode(crf, emissions);
        assertClose(actual, expected, 3);
        assert.deepEqual(actual.path, expected.path);
      }
    }
  });

  test("scores of ±10,000 neither overflow nor drown each other", () => {
    for (const labels of [1, 2, 5, 13]) {
      for (const steps of [1, 2, 65]) {
        const crf = randomCrf(labels, labels + steps, 1e4);
        const emissions = randomFloats(steps * labels, 5 * labels + steps, 1e4);
        const expected = decodeByRecursion(crf, emissions);
        const actual = decode(crf, emissions);
        assertClose(actual, expected, 1e4);
        assert.ok(pathScore(crf, emissions, actual.path) >= expected.score - 1e-7 * Math.abs(expected.score));
      }
    }
  });

  test("10,000 steps of 50 labels stay finite and exact", async () => {
    const [labels, steps] = [50, 10_000];
    const crf = randomCrf(labels, 1, 100);
    const emissions = randomFloats(steps * labels, 2, 100);
    const expected = decodeByRecursion(crf, emissions);
    const actual = decode(crf, emissions, bench.another());
    assertClose(actual, expected, 100);
    assert.ok(actual.score >= expected.score - 1e-9 * expected.score);
  });

  test("a NaN among the emissions shows in log Z and in its step's marginals, and labels stay labels", () => {
    const [labels, steps] = [5, 4];
    for (let i = 0; i < steps * labels; i++) {
      const emissions = randomFloats(steps * labels, 9);
      emissions[i] = Number.NaN;
      const { logZ, backwardLogZ, marginals, path } = decode(randomCrf(labels, 3), emissions);
      assert.ok(Number.isNaN(logZ) && Number.isNaN(backwardLogZ), `emission ${i}`);
      assert.ok(Number.isNaN(marginals[i]));
      assert.ok(path.every((label) => label >= 0 && label < labels));
    }
  });

  test("a message's padding is −∞ and what lies beyond it is left alone", () => {
    const [labels, steps] = [5, 3];
    const crf = randomCrf(labels, 7);
    const regions = {
      emissions: input(randomFloats(steps * labels, 8)),
      start: input(padded(crf.start, labels, 8)),
      transitions: input(padded(crf.transitions, labels, 8)),
      end: input(padded(crf.end, labels, 8)),
      messages: floatsOut(steps * 8 + 16),
    };
    const outcome = bench.call(regions, (at) =>
      bench.kernels.crfForward(at.emissions, at.start, at.transitions, at.end, at.messages, steps, labels),
    );
    const messages = outcome.floats("messages");
    assertUntouched(messages, steps * 8, messages.length);
    for (let t = 0; t < steps; t++) {
      const row = messages.subarray(t * 8, t * 8 + 8);
      assert.equal(Math.max(...row), 0);
      assert.deepEqual([...row.subarray(labels)], [-Infinity, -Infinity, -Infinity]);
    }
  });
});
