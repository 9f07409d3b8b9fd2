import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIVATIONS, type Activation, GELU, IDENTITY } from "../../src/wasm/kernels.ts";
import { ACTIVATIONS as CURVES, linear, relativeError } from "../reference/math.ts";
import { assertUntouched, floatsOut, input, overBinaries, randomFloats, updated } from "./harness.ts";

const curveOf = (activation: Activation): ((x: number) => number) => {
  const [name] = Object.entries(ACTIVATIONS).find(([, number]) => number === activation) ?? [];
  return name === undefined ? (x) => x : CURVES[name as keyof typeof CURVES];
};

/** Where −∞ is given, what a curve comes near to, instead of ∞ · 0. */
const limitOf = (curve: (x: number) => number, x: number) => curve(x === -Infinity ? -1e30 : x);

overBinaries((bench) => {
  const { kernels } = bench;

  /** Input rows [m, k] in panels of four rows, their rows `stride` values apart. */
  function packInputs(inputs: Float32Array, m: number, k: number, stride = k): Float32Array {
    const outcome = bench.call(
      { inputs: input(inputs), packed: floatsOut(kernels.packedInputBytes(m, k) / 4) },
      (at) => {
        kernels.packInputs(at.inputs, m, k, stride, at.packed);
        return undefined;
      },
    );
    return outcome.floats("packed");
  }

  /** Weight rows [n, k] in panels of eight rows. */
  function packWeights(weights: Float32Array, n: number, k: number): Float32Array {
    const zeros = new Float32Array(kernels.packedWeightBytes(n, k) / 4);
    const outcome = bench.call({ weights: input(weights), packed: updated(zeros) }, (at) => {
      for (let row = 0; row < n; row++) kernels.packWeightRow(at.weights + row * k * 4, k, row, at.packed);
      return undefined;
    });
    return outcome.floats("packed");
  }

  interface Product {
    readonly m: number;
    readonly n: number;
    readonly k: number;
    readonly bias?: boolean;
    readonly residual?: boolean;
    readonly activation?: Activation;
    /** Unused values between one output row and the next. */
    readonly gap?: number;
    readonly scale?: number;
  }

  /** Checks one product against the float64 reference. */
  function check({ m, n, k, bias, residual, activation = IDENTITY, gap = 0, scale = 1 }: Product): void {
    const stride = n + gap;
    const inputs = randomFloats(m * k, m + n, scale);
    const weights = randomFloats(n * k, n + k, scale / Math.sqrt(k));
    const biases = bias ? randomFloats(n, 5, scale) : new Float32Array(n);
    const residuals = randomFloats(m * stride, 6, scale);
    const paddedBias = new Float32Array(Math.ceil(n / 8) * 8);
    paddedBias.set(biases);

    const regions = {
      inputs: input(packInputs(inputs, m, k)),
      weights: input(packWeights(weights, n, k)),
      bias: input(paddedBias),
      residual: input(residuals.subarray(0, m * stride - gap)),
      out: floatsOut(m * stride),
    };
    const outcome = bench.call(regions, (at) => {
      const [biasAt, residualAt] = [bias ? at.bias : 0, residual ? at.residual : 0];
      kernels.gemm(at.inputs, at.weights, biasAt, residualAt, at.out, m, n, k, stride, activation);
      return undefined;
    });

    const out = outcome.floats("out");
    const expected = linear(Float64Array.from(inputs), Float64Array.from(weights), Float64Array.from(biases));
    const actual = new Float64Array(m * n);
    for (let i = 0; i < m * n; i++) {
      const at = Math.floor(i / n) * stride + (i % n);
      actual[i] = out[at];
      expected[i] = curveOf(activation)(expected[i]);
      if (residual) expected[i] += residuals[at];
    }
    for (let row = 0; row < m; row++) assertUntouched(out, row * stride + n, (row + 1) * stride);
    const error = relativeError(actual, expected);
    assert.ok(error < 2e-6, `${m} × ${n} × ${k}: relative error ${error}`);
  }

  const RAGGED = [1, 2, 3, 4, 5, 7, 8, 9, 12, 63, 64, 65];

  test("products of ragged sizes equal the reference", () => {
    for (const m of RAGGED) {
      for (const n of RAGGED) {
        for (const k of [1, 3, 4, 7, 8, 9, 65]) check({ m, n, k });
      }
    }
  });

  test("the shapes of models: hidden 60 and 256, FFN 100 and 1024, 13 labels", () => {
    for (const [m, n, k] of [
      [33, 60, 20],
      [33, 180, 60],
      [33, 100, 60],
      [33, 60, 100],
      [9, 768, 256],
      [9, 1024, 256],
      [9, 256, 1024],
      [42, 13, 256],
    ]) {
      // biome-ignore format: a table
      check({ m, n, k, bias: true });
    }
  });

  test("weights larger than a cache, whose inputs go through in larger blocks", () => {
    check({ m: 131, n: 261, k: 1025, bias: true, residual: true });
  });

  test("bias, every activation and residual, each and together, also with room between output rows", () => {
    for (const [m, n, k] of [
      [1, 1, 1],
      [3, 7, 5],
      [4, 8, 8],
      [9, 17, 12],
      [65, 63, 9],
    ]) {
      // biome-ignore format: a table
      for (const gap of [0, 3]) {
      for (const bias of [false, true]) {
        for (const residual of [false, true]) {
          for (const activation of [IDENTITY as Activation, ...Object.values(ACTIVATIONS)]) {
            check({ m, n, k, bias, residual, activation, gap });
          }
        }
      }
    }
    }
  });

  test("large and tiny magnitudes keep their relative error", () => {
    for (const scale of [1e-15, 1e4, 1e15]) {
      check({ m: 9, n: 17, k: 65, bias: scale === 1e4, residual: scale === 1e4, scale });
      check({ m: 9, n: 17, k: 65, activation: GELU, scale: Math.min(scale, 1e15) });
    }
  });

  test("activations are the reference's, of what hidden states should never be too", () => {
    const sizes = [
      0,
      1e-40,
      1e-20,
      1e-4,
      0.1,
      0.5,
      1,
      2.9,
      5.5,
      8,
      13,
      44,
      88,
      1e3,
      1e5,
      1e15,
      3e38,
      Infinity,
    ];
    const inputs = Float32Array.from([...sizes.flatMap((size) => [size, -size]), Number.NaN]);
    const weights = packWeights(Float32Array.of(1), 1, 1);
    for (const [name, activation] of Object.entries(ACTIVATIONS)) {
      const regions = {
        inputs: input(packInputs(inputs, inputs.length, 1)),
        weights: input(weights),
        out: floatsOut(inputs.length),
      };
      const outcome = bench.call(regions, (at) => {
        kernels.gemm(at.inputs, at.weights, 0, 0, at.out, inputs.length, 1, 1, 1, activation);
        return undefined;
      });
      outcome.floats("out").forEach((value, i) => {
        const expected = limitOf(curveOf(activation), inputs[i]);
        const near = Math.abs(value - expected) <= 3e-7 * Math.max(1, Math.abs(expected));
        assert.ok(near || Object.is(value, expected), `${name}(${inputs[i]}) is ${value}, not ${expected}`);
      });
    }
  });

  test("the residual may be the output itself", () => {
    const [m, n, k] = [5, 11, 3];
    const [inputs, weights, residual] = [
      randomFloats(m * k, 1),
      randomFloats(n * k, 2),
      randomFloats(m * n, 3),
    ];
    const regions = {
      inputs: input(packInputs(inputs, m, k)),
      weights: input(packWeights(weights, n, k)),
      out: updated(residual),
    };
    const outcome = bench.call(regions, (at) => {
      kernels.gemm(at.inputs, at.weights, 0, at.out, at.out, m, n, k, n, IDENTITY);
      return undefined;
    });
    const product = linear(Float64Array.from(inputs), Float64Array.from(weights), new Float64Array(n));
    const expected = product.map((value, i) => value + residual[i]);
    assert.ok(relativeError(outcome.floats("out"), expected) < 1e-6);
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

  test("NaN and infinity in one input row stay in that row of the output", () => {
    const [m, n, k] = [6, 9, 5];
    const inputs = randomFloats(m * k, 1);
    inputs[2 * k + 1] = Number.NaN;
    inputs[4 * k] = Infinity;
    const regions = {
      inputs: input(packInputs(inputs, m, k)),
      weights: input(packWeights(randomFloats(n * k, 2), n, k)),
      out: floatsOut(m * n),
    };
    const outcome = bench.call(regions, (at) => {
      kernels.gemm(at.inputs, at.weights, 0, 0, at.out, m, n, k, n, IDENTITY);
      return undefined;
    });
    outcome.floats("out").forEach((value, i) => {
      const row = Math.floor(i / n);
      assert.equal(Number.isFinite(value), row !== 2 && row !== 4, `row ${row}`);
    });
  });
});
