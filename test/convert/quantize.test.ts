import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { quantizeInt4 } from "../../src/convert/quantize-int4.ts";
import { unpackInt4 } from "../../src/model/file/int4.ts";
import { type QuantizedMatrix, quantizeInt8 } from "../../src/model/quantize-int8.ts";
import { random } from "../random.ts";

const SMALLEST_SCALE = 2 ** -126;

/** The int8 that a matrix stands for: int4 by way of its group scales. */
function integersOf({ values, groupScales }: QuantizedMatrix, inputs: number, rows: number): Int8Array {
  if (groupScales === undefined) return new Int8Array(values.buffer, values.byteOffset, values.byteLength);
  const out = new Int8Array(rows * inputs);
  assert(unpackInt4(values, groupScales, inputs, out), "no value is -8");
  return out;
}

/** Checks what holds for every matrix, and returns the weights that come back. */
function quantize(method: typeof quantizeInt8, weights: Float32Array, inputs: number): Float32Array {
  const rows = weights.length / inputs;
  const matrix = method(weights, inputs);
  assert.equal(matrix.scales.length, rows);
  for (const scale of matrix.scales) assert(scale >= SMALLEST_SCALE && Number.isFinite(scale));
  for (const scale of matrix.groupScales ?? []) assert(scale >= 1 && scale <= 18);
  const integers = integersOf(matrix, inputs, rows);
  assert(!integers.includes(-128));
  const back = Float32Array.from(integers, (value, i) => value * matrix.scales[Math.floor(i / inputs)]!);
  const norm = Math.hypot(...weights);
  const error = Math.hypot(...back.map((value, i) => value - weights[i]!));
  if (norm > 1e-30) assert(Math.abs(matrix.relativeError - error / norm) < 1e-6, "the error as stated");
  else if (norm === 0) assert.equal(matrix.relativeError, 0);
  return back;
}

const bell = (length: number, seed: number, size = 0.02) => {
  const next = random(seed);
  return Float32Array.from(
    { length },
    () => size * Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()),
  );
};

const errorOf = (back: Float32Array, weights: Float32Array) =>
  Math.hypot(...back.map((value, i) => value - weights[i]!)) / Math.hypot(...weights);

for (const [name, method, levels] of [
  ["int8", quantizeInt8, 127],
  ["int4", quantizeInt4, 7],
] as const) {
  describe(name, () => {
    test("rows of any length", () => {
      for (const inputs of [1, 2, 5, 20, 31, 32, 33, 60, 100, 256]) {
        const weights = bell(8 * inputs, inputs);
        const error = errorOf(quantize(method, weights, inputs), weights);
        assert(error < 1 / levels, `${inputs} inputs: ${error}`);
      }
    });

    test("a row of zeros stays zero beside one that is none", () => {
      const weights = new Float32Array(120);
      weights.set(bell(40, 1), 40);
      const back = quantize(method, weights, 40);
      assert(back.subarray(0, 40).every((value) => value === 0));
      assert(back.subarray(80).every((value) => value === 0));
      assert(back.subarray(40, 80).some((value) => value !== 0));
      assert(quantize(method, new Float32Array(64), 32).every((value) => value === 0));
    });

    test("rows keep out of each other's way, whatever their sizes", () => {
      const [small, large] = [bell(64, 2, 1e-6), bell(64, 3, 1e6)];
      const back = quantize(method, Float32Array.of(...small, ...large), 64);
      assert(errorOf(back.subarray(0, 64), small) < 0.12);
      assert(errorOf(back.subarray(64), large) < 0.12);
    });

    test("one huge outlier is kept, at the cost of what shares its scale", () => {
      const weights = bell(96, 4);
      weights[50] = -1000;
      const back = quantize(method, weights, 96);
      assert(Math.abs(back[50]! + 1000) < 1000 / levels, `${back[50]}`);
      assert(back.every((value, i) => i === 50 || Math.abs(value) < 1));
    });

    test("values at both ends of float32", () => {
      const largest = 3e38;
      const back = quantize(method, Float32Array.of(largest, -largest, largest / 2, 0), 4);
      for (const [i, expected] of [largest, -largest].entries())
        assert(Math.abs(back[i]! / expected - 1) < 0.1, `${back[i]}`);
      // Denormals: off by less than the smallest normal number, whatever becomes of them.
      const tiny = Float32Array.of(1e-45, -1e-40, 1e-38, -2e-38);
      quantize(method, tiny, 4).forEach((value, i) => {
        assert(Math.abs(value - tiny[i]!) <= SMALLEST_SCALE);
      });
    });

    test("is symmetric", () => {
      const weights = bell(256, 5);
      const [back, mirrored] = [weights, weights.map((value) => -value)].map((given) =>
        quantize(method, given, 64),
      );
      assert.deepEqual(
        mirrored!.map((value) => -value || 0),
        back!.map((value) => value || 0),
      );
    });
  });
}

test("int8 brings each row's largest value to 127, and is off by half a step at most", () => {
  const weights = bell(10 * 60, 6);
  const { values, scales } = quantizeInt8(weights, 60);
  const integers = new Int8Array(values.buffer);
  scales.forEach((scale, row) => {
    const of = (array: Float32Array | Int8Array) => [...array.subarray(row * 60, row * 60 + 60)];
    assert.equal(Math.max(...of(integers).map(Math.abs)), 127);
    of(integers).forEach((value, i) => {
      assert(Math.abs(value * scale - of(weights)[i]!) <= scale * 0.500001);
    });
  });
});

test("int4 finds weights that int4 can say", () => {
  const next = random(7);
  const groups = Array.from({ length: 8 }, (_, i) => (i === 3 ? 18 : 1 + Math.floor(next() * 18)));
  const scale = Math.fround(0.001);
  const weights = Float32Array.from({ length: 256 }, (_, i) => {
    const value = i % 32 === 0 ? 7 : Math.round(next() * 14) - 7;
    return value * groups[Math.floor(i / 32)]! * scale;
  });
  const matrix = quantizeInt4(weights, 256);
  assert.deepEqual([...matrix.groupScales!], groups);
  assert(matrix.relativeError < 1e-6, `${matrix.relativeError}`);
});

test("int4's groups follow their own size, and its search beats plain rounding", () => {
  const weights = bell(64 * 256, 8);
  for (let i = 0; i < weights.length; i++) if (i % 256 >= 128) weights[i] = weights[i]! / 8;
  const back = quantize(quantizeInt4, weights, 256);
  const halves = [0, 1].map((half) => {
    const of = (array: Float32Array) => array.filter((_, i) => Math.floor((i % 256) / 128) === half);
    return errorOf(of(back), of(weights));
  });
  assert(halves[0]! < 0.1, `${halves[0]}`);
  assert(halves[1]! < 0.13, `${halves[1]}`);
  const rounded = Float32Array.from(weights, (value, i) => {
    const begin = i - (i % 32);
    const step = Math.max(...weights.subarray(begin, begin + 32).map(Math.abs)) / 7;
    return Math.round(value / step) * step;
  });
  assert(errorOf(back, weights) < errorOf(rounded, weights) * 0.96);
});
