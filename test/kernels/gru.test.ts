import assert from "node:assert/strict";
import { test } from "node:test";
import { gru } from "../reference/gru.ts";
import { assertUntouched, floatsOut, input, overBinaries, randomFloats, updated } from "./harness.ts";

/** Sizes whose gates fill no panel, no four of them, and no vector; and those beside them that do. */
const SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 16, 21, 33, 64, 100];

interface Layer {
  readonly steps: number;
  readonly size: number;
  readonly reverse: boolean;
  readonly inputs: Float32Array;
  readonly weights: Float32Array;
  readonly biases: Float32Array;
  /** Unused values between rows. */
  readonly gap: number;
  /** Whether each step's gates are kept. */
  readonly keeps: boolean;
}

overBinaries((bench) => {
  const { kernels } = bench;

  function packWeights(weights: Float32Array, n: number, k: number): Float32Array {
    const zeros = new Float32Array(kernels.packedWeightBytes(n, k) / 4);
    const outcome = bench.call({ weights: input(weights), packed: updated(zeros) }, (at) => {
      for (let row = 0; row < n; row++) kernels.packWeightRow(at.weights + row * k * 4, k, row, at.packed);
      return undefined;
    });
    return outcome.floats("packed");
  }

  /** Rows of `width` values with poison after each. */
  function withGaps(values: Float32Array, width: number, gap: number): Float32Array {
    const out = new Float32Array((values.length / width) * (width + gap));
    new Uint32Array(out.buffer).fill(0xffffffff);
    values.forEach((value, i) => {
      out[Math.floor(i / width) * (width + gap) + (i % width)] = value;
    });
    return out;
  }

  function run({ steps, size, reverse, inputs, weights, biases, gap, keeps }: Layer) {
    const bias = new Float32Array(Math.ceil((3 * size) / 8) * 8);
    bias.set(biases);
    const outStride = size + gap;
    const regions = {
      inputs: input(withGaps(inputs, 3 * size, gap)),
      weights: input(packWeights(weights, 3 * size, size)),
      bias: input(bias),
      out: floatsOut(steps * outStride),
      kept: floatsOut((keeps ? steps : 1) * 4 * size),
    };
    const outcome = bench.call(regions, (at) => {
      const keptStride = keeps ? 4 * size : 0;
      const rows = [at.out, outStride, at.kept, keptStride] as const;
      kernels.gru(at.inputs, 3 * size + gap, at.weights, at.bias, ...rows, steps, size, +reverse);
      return undefined;
    });
    const out = outcome.floats("out");
    for (let t = 0; t < steps; t++) assertUntouched(out, t * outStride + size, (t + 1) * outStride);
    return out.filter((_, i) => i % outStride < size);
  }

  /** Every h is a mean of numbers within ±1, so that errors are measured by 1. */
  function check(layer: Layer, tolerance = 2e-6): void {
    const expected = gru(
      Float64Array.from(layer.inputs),
      Float64Array.from(layer.weights),
      Float64Array.from(layer.biases),
      layer.reverse,
    );
    run(layer).forEach((value, i) => {
      const error = Math.abs(value - expected[i]);
      assert.ok(error < tolerance, `${layer.steps} × ${layer.size}: ${value}, not ${expected[i]}`);
    });
  }

  const layerOf = (steps: number, size: number, scale = 1): Omit<Layer, "reverse" | "gap" | "keeps"> => ({
    steps,
    size,
    inputs: randomFloats(steps * 3 * size, size, scale),
    weights: randomFloats(3 * size * size, size + 1, scale / Math.sqrt(size)),
    biases: randomFloats(3 * size, size + 2, scale),
  });

  test("gru equals the reference over ragged sizes, in both directions, and leaves what lies between rows alone", () => {
    for (const [i, size] of SIZES.entries()) {
      for (const steps of [1, 2, 7]) {
        const layer = layerOf(steps, size);
        check({ ...layer, reverse: false, gap: i % 3, keeps: i % 2 === 0 });
        check({ ...layer, reverse: true, gap: (i + 1) % 3, keeps: i % 2 === 1 });
      }
    }
  });

  test("gru over a hundred steps loses nothing on the way", () => {
    for (const reverse of [false, true]) check({ ...layerOf(100, 20), reverse, gap: 0, keeps: false });
  });

  test("gru with gates that are wide open or shut, and with values that are tiny or huge", () => {
    const shut = layerOf(9, 13, 100); // z of exactly 0 or 1, n of exactly ±1
    check({ ...shut, reverse: false, gap: 0, keeps: false }, 1e-4);
    const still = { ...layerOf(5, 6, 1e-20), reverse: false, gap: 0, keeps: false };
    const expected = gru(
      Float64Array.from(still.inputs),
      Float64Array.from(still.weights),
      Float64Array.from(still.biases),
      false,
    );
    run(still).forEach((h, i) => {
      assert.ok(Math.abs(h - expected[i]) < 1e-6 * Math.abs(expected[i]) + 1e-24, `${h}, not ${expected[i]}`);
    });
    const huge = run({ ...layerOf(5, 6, 1e30), reverse: true, gap: 0, keeps: false });
    assert.ok(huge.every((h) => Math.abs(h) <= 1));
    const zeros = run({ ...layerOf(3, 5, 0), reverse: false, gap: 0, keeps: false });
    assert.ok(zeros.every((h) => h === 0));
  });

  test("NaN in an input reaches the h of its step and those after it, and none before", () => {
    for (const gate of [0, 1, 2]) {
      const layer = layerOf(5, 6);
      layer.inputs[2 * 18 + gate * 6 + 4] = Number.NaN;
      const out = run({ ...layer, reverse: false, gap: 0, keeps: false });
      assert.ok(out.subarray(0, 12).every((h) => Number.isFinite(h)));
      assert.ok(Number.isNaN(out[2 * 6 + 4]));
      assert.ok(out.subarray(3 * 6).every((h) => Number.isNaN(h)));
    }
  });
});
