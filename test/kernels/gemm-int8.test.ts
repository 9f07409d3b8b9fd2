// The product with int8 weights, against sums in exact integers. The scales around them are f32 operations in a known
// order, so that whole outputs are held bit for bit.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { KernelPath } from "../../src/wasm/kernel-path.ts";
import { ACTIVATIONS, type Activation, IDENTITY } from "../../src/wasm/kernels.ts";
import { gelu, geluNew, linear, relativeError } from "../reference/math.ts";
import {
  assertUntouched,
  bytesOut,
  floatsOut,
  input,
  overBinaries,
  randomFloats,
  updated,
} from "./harness.ts";

const f32 = Math.fround;
const nearest = (x: number) => f32(x + 12582912) - 12582912; // to even on a tie, as f32 addition does

/** Rows [k] of integers with what one unit stands for, and what stands for zero. */
interface Quantized {
  readonly integers: Int32Array;
  readonly scale: number;
  readonly zero: number;
}

function quantizeSymmetric(row: Float32Array): Quantized {
  const limit = Math.min(32_767, Math.floor((2 ** 31 - 1) / (127 * row.length)));
  const largest = row.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (largest < f32(1e-30)) return { integers: new Int32Array(row.length), scale: 0, zero: 0 };
  const inverse = f32(limit / largest);
  return {
    integers: Int32Array.from(row, (x) => nearest(f32(x * inverse))),
    scale: f32(largest / limit),
    zero: 0,
  };
}

function quantizeUnsigned(row: Float32Array): Quantized {
  const lowest = row.reduce((least, x) => Math.min(least, x), 0);
  const range = f32(row.reduce((most, x) => Math.max(most, x), 0) - lowest);
  if (range < f32(1e-30)) return { integers: new Int32Array(row.length), scale: 0, zero: 0 };
  const inverse = f32(127 / range);
  const zero = nearest(f32(-lowest * inverse));
  const integers = Int32Array.from(row, (x) => {
    const shifted = f32(f32(x * inverse) + f32(12582912 + zero)) - 12582912;
    return Math.min(127, Math.max(0, shifted));
  });
  return { integers, scale: f32(range / 127), zero };
}

const quantizers: Record<KernelPath, (row: Float32Array) => Quantized> = {
  simd: quantizeSymmetric,
  relaxed: quantizeUnsigned,
};

interface Operands {
  readonly inputs: Float32Array; // [m, k]
  readonly weights: Int8Array; // [n, k]
  readonly scales: Float32Array; // [n]
  readonly bias: Float32Array; // [n]
}

/** bias + scale · Σ integers, with the one sum that matters in exact integers below 2³¹. */
function reference(binary: KernelPath, { inputs, weights, scales, bias }: Operands): Float32Array {
  const n = scales.length;
  const k = weights.length / n;
  const out = new Float32Array((inputs.length / k) * n);
  for (let i = 0; i < inputs.length / k; i++) {
    const row = quantizers[binary](inputs.subarray(i * k, i * k + k));
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += (row.integers[p] - row.zero) * weights[j * k + p];
      assert.ok(Math.abs(sum) < 2 ** 31, "the reference itself has overflowed");
      out[i * n + j] = f32(f32(f32(sum) * f32(row.scale * scales[j])) + bias[j]);
    }
  }
  return out;
}

function randomWeights(n: number, k: number, seed: number): Int8Array {
  return Int8Array.from(randomFloats(n * k, seed, 50), (x) => Math.max(-127, Math.min(127, Math.round(x))));
}

function randomOperands(m: number, n: number, k: number, scale = 1): Operands {
  return {
    inputs: randomFloats(m * k, m + n, scale),
    weights: randomWeights(n, k, n + k),
    scales: randomFloats(n, k, 0.01).map(Math.abs),
    bias: randomFloats(n, 5, scale),
  };
}

overBinaries((bench) => {
  const { kernels, binary } = bench;

  function packInputs(inputs: Float32Array, m: number, k: number, stride = k): Uint8Array {
    const regions = { inputs: input(inputs), packed: bytesOut(kernels.quantizedInputBytes(m, k)) };
    const outcome = bench.call(regions, (at) => {
      kernels.quantizeInputs(at.inputs, m, k, stride, at.packed);
      return undefined;
    });
    return outcome.bytes("packed");
  }

  /** @param parts how many rows come at a time, one after the other; all at once where it is left out */
  function packWeights(weights: Int8Array, scales: Float32Array, parts = [scales.length]): Uint8Array {
    const n = scales.length;
    const k = weights.length / n;
    const regions = {
      weights: input(weights),
      scales: input(scales),
      packed: updated(new Uint8Array(kernels.packedInt8WeightBytes(n, k))),
    };
    const outcome = bench.call(regions, (at) => {
      let row = 0;
      for (const rows of parts) {
        kernels.packInt8WeightScales(at.scales + row * 4, rows, k, row, at.packed);
        kernels.packInt8WeightRows(at.weights + row * k, rows, k, row, at.packed);
        row += rows;
      }
      return undefined;
    });
    return outcome.bytes("packed");
  }

  /** [m, n + gap], the gap being poison. */
  function multiply(
    { inputs, weights, scales, bias }: Operands,
    { residual, gap = 0, activation = IDENTITY as Activation } = {} as {
      residual?: Float32Array;
      gap?: number;
      activation?: Activation;
    },
  ): Float32Array {
    const n = scales.length;
    const k = weights.length / n;
    const m = inputs.length / k;
    const stride = n + gap;
    const paddedBias = new Float32Array(Math.ceil(n / 8) * 8);
    paddedBias.set(bias);
    const regions = {
      inputs: input(packInputs(inputs, m, k)),
      weights: input(packWeights(weights, scales)),
      bias: input(paddedBias),
      residual: input(residual ?? new Float32Array(1)),
      out: floatsOut(m * stride),
    };
    const outcome = bench.call(regions, (at) => {
      const also = residual === undefined ? 0 : at.residual;
      kernels.gemmInt8(at.inputs, at.weights, at.bias, also, at.out, m, n, k, stride, activation);
      return undefined;
    });
    return outcome.floats("out");
  }

  function check(operands: Operands): void {
    const expected = reference(binary, operands);
    const actual = multiply(operands);
    const shape = `n = ${operands.scales.length}, k = ${operands.weights.length / operands.scales.length}`;
    assert.deepEqual(actual, expected, shape);
  }

  test("products of ragged sizes equal exact integers, bit for bit", () => {
    const ragged = [1, 2, 3, 4, 5, 7, 8, 9, 12, 65];
    for (const m of ragged) {
      for (const n of ragged) {
        for (const k of [1, 2, 3, 4, 5, 6, 7, 8, 9, 65]) check(randomOperands(m, n, k));
      }
    }
  });

  test("the shapes of models: hidden 60 and 256, FFN 100 and 1024, embeddings of 12 and 20, 13 labels", () => {
    for (const [m, n, k] of [
      [33, 60, 12],
      [33, 60, 20],
      [33, 180, 60],
      [33, 60, 100],
      [9, 768, 256],
      [9, 256, 1024],
      [3, 64, 3072],
      [42, 13, 256],
    ]) {
      check(randomOperands(m, n, k));
    }
  });

  test("weights larger than a cache, whose inputs go through in larger blocks", () => {
    check(randomOperands(133, 1025, 1025));
  });

  test("no sum overflows with every value extreme, for k up to 4096", () => {
    for (const k of [1, 2, 3, 4, 5, 12, 100, 256, 516, 517, 1023, 1024, 3072, 4095, 4096]) {
      const [m, n] = [5, 9];
      for (const [even, odd] of [
        [1, 1],
        [-1, -1],
        [1, -1],
        [1, 0],
        [0, -1],
      ]) {
        // Rows and columns of either sign: sums reach both ends of what they can be.
        const inputs = Float32Array.from({ length: m * k }, (_, i) => {
          const [row, p] = [Math.floor(i / k), i % k];
          return 3 * (row % 2 ? -1 : 1) * (p % 2 ? odd : even);
        });
        const weights = Int8Array.from({ length: n * k }, (_, i) => {
          const [row, p] = [Math.floor(i / k), i % k];
          return 127 * (row % 2 ? -1 : 1) * (row % 3 === 2 && p % 2 ? -1 : 1);
        });
        check({ inputs, weights, scales: new Float32Array(n).fill(0.5), bias: new Float32Array(n) });
      }
    }
  });

  test("the product is near the one of the floats that were quantized", () => {
    for (const [m, n, k] of [
      [33, 64, 256],
      [9, 64, 1024],
      [9, 64, 3072],
    ]) {
      const operands = randomOperands(m, n, k);
      const weights = Float64Array.from(
        operands.weights,
        (weight, i) => weight * operands.scales[Math.floor(i / k)],
      );
      const expected = linear(Float64Array.from(operands.inputs), weights, Float64Array.from(operands.bias));
      const error = relativeError(multiply(operands), expected);
      assert.ok(error < (binary === "simd" ? 3e-4 : 2e-2), `relative error ${error}`);
    }
  });

  test("rows of one value, of one sign, of zeros and of tiny and huge values", () => {
    const k = 13;
    const rows = [
      new Array(k).fill(2),
      new Array(k).fill(-2),
      new Array(k).fill(0),
      new Array(k).fill(-0),
      Array.from({ length: k }, (_, p) => p + 5),
      Array.from({ length: k }, (_, p) => -p - 5),
      Array.from({ length: k }, (_, p) => (p === 4 ? 1e15 : 0)),
      Array.from({ length: k }, (_, p) => (p === 4 ? -1e15 : 1)),
      Array.from({ length: k }, (_, p) => (p - 6) * 1e-15),
      Array.from({ length: k }, (_, p) => (p - 6) * 1e-36),
      Array.from({ length: k }, (_, p) => (p - 6) * 1e36),
      Array.from({ length: k }, (_, p) => (p % 2 ? 0.5 : 127)), // on the border between two integers
    ];
    check({ ...randomOperands(rows.length, 11, k), inputs: Float32Array.from(rows.flat()) });
  });

  test("an activation after the bias, then the residual, with room between output rows", () => {
    for (const [m, n, k] of [
      [1, 1, 1],
      [3, 7, 5],
      [4, 8, 8],
      [9, 17, 12],
    ]) {
      const operands = randomOperands(m, n, k);
      const product = reference(binary, operands);
      for (const gap of [0, 3]) {
        const stride = n + gap;
        const residual = randomFloats(m * stride - gap, 6);
        const plain = multiply(operands, { residual, gap });
        const curves = [
          // Inputs of seven bits do with a curve whose tail is a polynomial.
          { activation: ACTIVATIONS.gelu, curve: gelu, tolerance: binary === "relaxed" ? 8e-5 : 1e-6 },
          { activation: ACTIVATIONS.gelu_new, curve: geluNew },
          { activation: ACTIVATIONS.relu, curve: (x: number) => Math.max(x, 0) },
          { activation: ACTIVATIONS.tanh, curve: Math.tanh },
        ].map(({ activation, curve, tolerance = 1e-6 }) => ({
          curve,
          tolerance,
          out: multiply(operands, { residual, gap, activation }),
        }));
        for (let i = 0; i < m * n; i++) {
          const at = Math.floor(i / n) * stride + (i % n);
          assert.equal(plain[at], f32(product[i] + residual[at]));
          for (const { curve, tolerance, out } of curves) {
            const expected = curve(product[i]) + residual[at];
            assert.ok(Math.abs(out[at] - expected) <= tolerance * Math.max(1, Math.abs(expected)));
          }
        }
        for (let row = 0; row < m; row++) assertUntouched(plain, row * stride + n, (row + 1) * stride);
      }
    }
  });

  test("bias may be left out and the residual may be the output itself", () => {
    const operands = { ...randomOperands(5, 11, 7), bias: new Float32Array(11) };
    const residual = randomFloats(55, 3);
    const regions = {
      inputs: input(packInputs(operands.inputs, 5, 7)),
      weights: input(packWeights(operands.weights, operands.scales)),
      out: updated(residual),
    };
    const outcome = bench.call(regions, (at) => {
      kernels.gemmInt8(at.inputs, at.weights, 0, at.out, at.out, 5, 11, 7, 11, IDENTITY);
      return undefined;
    });
    assert.deepEqual(
      outcome.floats("out"),
      reference(binary, operands).map((value, i) => value + residual[i]),
    );
  });

  test("weights are packed alike however many rows come at a time", () => {
    const n = 27;
    for (const k of [1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 18, 19, 33, 64]) {
      const { weights, scales } = randomOperands(1, n, k);
      const oneByOne = packWeights(weights, scales, new Array(n).fill(1));
      for (const parts of [[n], [8, 8, 11], [3, 16, 8], [5, 22]]) {
        assert.deepEqual(packWeights(weights, scales, parts), oneByOne);
      }
    }
  });

  test("inputs with room between their rows are packed without it", () => {
    for (const m of [1, 3, 4, 9]) {
      for (const k of [1, 3, 4, 5, 8, 13]) {
        const rows = randomFloats(m * k, m + k);
        const spaced = new Float32Array((m - 1) * (k + 3) + k).fill(Number.NaN);
        for (let i = 0; i < m * k; i++) spaced[Math.floor(i / k) * (k + 3) + (i % k)] = rows[i];
        assert.deepEqual(packInputs(spaced, m, k, k + 3), packInputs(rows, m, k));
      }
    }
  });

  test("NaN and infinity in one input row show in that row of the output and in no other", () => {
    const [m, n, k] = [6, 9, 5];
    for (let p = 0; p < k; p++) {
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        const operands = randomOperands(m, n, k);
        operands.inputs[2 * k + p] = bad;
        operands.inputs[4 * k + p] = -bad;
        multiply(operands).forEach((value, i) => {
          const row = Math.floor(i / n);
          assert.equal(Number.isFinite(value), row !== 2 && row !== 4, `${bad}: row ${row}`);
        });
      }
    }
  });
});

/** Makes the engine put the fused dot product together, as it does on processors without AVX-VNNI. */
const WITHOUT_FUSED_DOT = "--no-enable-avx-vnni";

if (!process.execArgv.includes(WITHOUT_FUSED_DOT)) {
  test("the same holds where the fused dot product is no single instruction", (t) => {
    if (spawnSync(process.execPath, [WITHOUT_FUSED_DOT, "--eval", "0"]).status !== 0) {
      t.skip(`this engine has no ${WITHOUT_FUSED_DOT}`);
      return;
    }
    const { NODE_TEST_CONTEXT, ...env } = process.env; // the child is to run its tests, not to report to this one
    const child = spawnSync(process.execPath, [WITHOUT_FUSED_DOT, fileURLToPath(import.meta.url)], {
      encoding: "utf8",
      env,
    });
    assert.equal(child.status, 0, child.stdout);
  });
}
