import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BLOCK, InputMoments } from "../../src/convert/input-moments.ts";
import { quantizeInt4 } from "../../src/convert/quantize-int4.ts";
import { unpackInt4 } from "../../src/model/file/int4.ts";
import { random } from "../random.ts";

const uniform = (length: number, seed: number) => {
  const next = random(seed);
  return Float32Array.from({ length }, () => next() * 2 - 1);
};

/** Inputs that lie near a few directions, as those of trained layers do. */
function inputsAlong(directions: number, rows: number, inputs: number): Float32Array {
  const basis = uniform(directions * inputs, 1);
  const mixing = uniform(rows * directions, 2);
  const noise = uniform(rows * inputs, 3);
  return Float32Array.from({ length: rows * inputs }, (_, at) => {
    const [row, i] = [Math.floor(at / inputs), at % inputs];
    let sum = 0.1 * noise[at]!;
    for (let d = 0; d < directions; d++) sum += mixing[row * directions + d]! * basis[d * inputs + i]!;
    return sum;
  });
}

function dequantize(weights: Float32Array, inputs: number, moments?: InputMoments): Float32Array {
  const { values, scales, groupScales } = quantizeInt4(weights, inputs, moments);
  const integers = new Int8Array(weights.length);
  assert(unpackInt4(values, groupScales!, inputs, integers));
  return Float32Array.from(integers, (value, i) => value * scales[Math.floor(i / inputs)]!);
}

/** How far the outputs of a layer are off, relative to them. */
function outputError(x: Float32Array, weights: Float32Array, back: Float32Array, inputs: number): number {
  let [error, norm] = [0, 0];
  for (let t = 0; t < x.length; t += inputs) {
    for (let r = 0; r < weights.length; r += inputs) {
      let [exact, off] = [0, 0];
      for (let i = 0; i < inputs; i++) {
        exact += weights[r + i]! * x[t + i]!;
        off += (back[r + i]! - weights[r + i]!) * x[t + i]!;
      }
      error += off * off;
      norm += exact * exact;
    }
  }
  return Math.sqrt(error / norm);
}

describe("the moments of a layer's inputs", () => {
  test("make a triangle that gives them back, block by block", () => {
    const inputs = BLOCK + 5;
    const x = uniform(40 * inputs, 4);
    const moments = new InputMoments(inputs);
    moments.add(x.subarray(0, 15 * inputs));
    moments.add(x.subarray(15 * inputs));
    const product = (i: number, j: number) => {
      let sum = 0;
      for (let t = 0; t < x.length; t += inputs) sum += x[t + i]! * x[t + j]!;
      return sum;
    };
    const importance = moments.importance();
    for (const i of [0, 1, 100, BLOCK - 1, BLOCK, inputs - 1])
      assert(Math.abs(importance[i]! - product(i, i)) < 1e-9, `${i}`);

    // Lᵀ D L of the last block, the small one, whose damping is a hundredth of its mean diagonal.
    const feedback = moments.feedback();
    const size = 5;
    const L = (i: number, j: number) => (i === j ? 1 : i < j ? 0 : feedback[(BLOCK + i) * BLOCK + j]!);
    const D = (i: number) => feedback[(BLOCK + i) * BLOCK + i]!;
    const trace = Array.from({ length: size }, (_, i) => product(BLOCK + i, BLOCK + i)).reduce(
      (a, b) => a + b,
    );
    const damping = (0.01 * trace) / size;
    for (let a = 0; a < size; a++) {
      for (let b = 0; b <= a; b++) {
        let sum = 0;
        for (let i = a; i < size; i++) sum += L(i, a) * (D(i) + damping) * L(i, b);
        const expected = product(BLOCK + a, BLOCK + b) + (a === b ? damping : 0);
        assert(Math.abs(sum - expected) < 1e-9 * trace, `${a}, ${b}: ${sum}, not ${expected}`);
      }
    }
  });

  test("let int4 keep the layer's outputs, at the cost of weights that don't matter", () => {
    for (const inputs of [20, 60, 100, BLOCK, BLOCK + 60]) {
      const x = inputsAlong(6, 200, inputs);
      const weights = uniform(16 * inputs, 5);
      const moments = new InputMoments(inputs);
      moments.add(x);
      const plain = outputError(x, weights, dequantize(weights, inputs), inputs);
      const informed = outputError(x, weights, dequantize(weights, inputs, moments), inputs);
      assert(informed < plain * 0.7, `${inputs} inputs: ${informed}, without moments ${plain}`);
    }
  });

  test("may be zero, for some inputs or for all", () => {
    const inputs = 64;
    const weights = uniform(4 * inputs, 6);
    const x = uniform(100 * inputs, 7);
    const untold = dequantize(weights, inputs, new InputMoments(inputs));
    assert(outputError(x, weights, untold, inputs) < 0.12);
    const moments = new InputMoments(inputs);
    for (let i = 0; i < x.length; i += 2) x[i] = 0;
    moments.add(x);
    const back = dequantize(weights, inputs, moments);
    assert(back.every(Number.isFinite));
    assert(outputError(x, weights, back, inputs) < 0.12);
  });
});
