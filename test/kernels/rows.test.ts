// The kernels that work on a row at a time: embeddings, rotary positions, layer normalisation, softmax, half precision.
import assert from "node:assert/strict";
import { test } from "node:test";
import { rotary } from "../reference/electra.ts";
import { layerNorm, relativeError, softmax } from "../reference/math.ts";
import {
  assertUntouched,
  floatsOut,
  input,
  largestDifference,
  overBinaries,
  randomFloats,
  updated,
} from "./harness.ts";

overBinaries((bench) => {
  const { kernels } = bench;

  const SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 12, 20, 60, 63, 64, 65, 100, 256];

  test("embed adds the rows of three tables, exactly", () => {
    for (const size of SIZES) {
      for (const tokens of [1, 3, 9]) {
        const ids = Int32Array.from({ length: tokens }, (_, t) => (t * 7 + 10) % 11); // the last row of all comes first
        const types = Int32Array.from({ length: tokens }, (_, t) => (t + 1) % 2);
        const tables = {
          words: randomFloats(11 * size, 1),
          positions: randomFloats(tokens * size, 2),
          kinds: randomFloats(2 * size, 3),
        };
        const regions = {
          ids: input(ids),
          types: input(types),
          words: input(tables.words),
          positions: input(tables.positions),
          kinds: input(tables.kinds),
          out: floatsOut(tokens * size),
        };
        const outcome = bench.call(regions, (at) => {
          kernels.embed(at.ids, at.types, at.words, at.positions, at.kinds, at.out, tokens, size);
          return undefined;
        });
        outcome.floats("out").forEach((value, i) => {
          const [t, j] = [Math.floor(i / size), i % size];
          const wordAndType = Math.fround(
            tables.words[ids[t] * size + j] + tables.kinds[types[t] * size + j],
          );
          assert.equal(value, Math.fround(wordAndType + tables.positions[t * size + j]));
        });
      }
    }
  });

  test("embedInt8 is embed of the words that its integers stand for, exactly", () => {
    for (const size of SIZES) {
      const tokens = 9;
      const ids = Int32Array.from({ length: tokens }, (_, t) => (t * 7 + 10) % 11);
      const types = Int32Array.from({ length: tokens }, (_, t) => (t + 1) % 2);
      const words = Int8Array.from({ length: 11 * size }, (_, i) => ((i * 37) % 255) - 127);
      const scales = randomFloats(11, 1, 0.01);
      const [positions, kinds] = [randomFloats(tokens * size, 2), randomFloats(2 * size, 3)];
      const regions = {
        ids: input(ids),
        types: input(types),
        words: input(words),
        scales: input(scales),
        positions: input(positions),
        kinds: input(kinds),
        out: floatsOut(tokens * size),
      };
      const outcome = bench.call(regions, (at) => {
        kernels.embedInt8(
          at.ids,
          at.types,
          at.words,
          at.scales,
          at.positions,
          at.kinds,
          at.out,
          tokens,
          size,
        );
        return undefined;
      });
      outcome.floats("out").forEach((value, i) => {
        const [t, j] = [Math.floor(i / size), i % size];
        const word = Math.fround(words[ids[t] * size + j] * scales[ids[t]]);
        const wordAndType = Math.fround(word + kinds[types[t] * size + j]);
        assert.equal(value, Math.fround(wordAndType + positions[t * size + j]));
      });
    }
  });

  /** [positions, size]: sines, then cosines. */
  const sinusoids = (positions: number, size: number) =>
    Float32Array.from({ length: positions * size }, (_, at) => {
      const [position, column] = [Math.floor(at / size), at % size];
      const angle = position / 10000 ** ((2 * (column % (size / 2))) / size);
      return column < size / 2 ? Math.sin(angle) : Math.cos(angle);
    });

  test("rotary turns the first columns of each row by its position as the reference does, and back", () => {
    for (const size of SIZES.filter((size) => size % 2 === 0)) {
      for (const [tokens, heads, parts] of [
        [1, 1, 2],
        [3, 2, 2],
        [5, 3, 3],
      ] as const) {
        const [hidden, table] = [heads * size, sinusoids(tokens, size)];
        const [columns, stride] = [parts * hidden, 3 * hidden];
        const x = randomFloats(tokens * stride, size, 3);
        const turn = (rows: Float32Array, positions: readonly number[], direction: number) =>
          bench
            .call(
              { x: updated(rows), positions: input(Int32Array.from(positions)), table: input(table) },
              (at) => {
                kernels.rotary(
                  at.x,
                  at.positions,
                  at.table,
                  positions.length,
                  stride,
                  columns,
                  size,
                  direction,
                );
                return undefined;
              },
            )
            .floats("x");

        const positions = [...Array(tokens).keys()];
        const turned = turn(x, positions, 1);
        const part = (rows: Float32Array, first: number) =>
          Float64Array.from(
            { length: tokens * hidden },
            (_, i) => rows[Math.floor(i / hidden) * stride + first + (i % hidden)],
          );
        for (let which = 0; which < 3; which++) {
          const before = part(x, which * hidden);
          const expected = which < parts ? rotary(before, hidden, size) : before;
          const difference = largestDifference(part(turned, which * hidden), expected);
          assert.ok(difference < 3e-6, `heads of ${size}, part ${which}: off by ${difference}`);
        }
        assert.ok(largestDifference(turn(turned, positions, -1), x) < 3e-6, "turned back");
        // A row is turned by the position that it is given, wherever it stands.
        const last = turn(x.subarray(0, stride), [tokens - 1], 1);
        const moved = x.slice();
        moved.copyWithin((tokens - 1) * stride, 0, stride);
        assert.deepEqual(last, turn(moved, positions, 1).slice((tokens - 1) * stride));
      }
    }
  });

  function normalise(
    x: Float32Array,
    gamma: Float32Array,
    beta: Float32Array,
    epsilon: number,
  ): Float32Array {
    const [rows, size] = [x.length / gamma.length, gamma.length];
    const weights = { gamma: input(gamma), beta: input(beta) };
    const outcome = bench.call({ x: input(x), ...weights, out: floatsOut(x.length) }, (at) => {
      kernels.layerNorm(at.x, at.gamma, at.beta, at.out, rows, size, epsilon);
      return undefined;
    });
    const inPlace = bench.call({ x: updated(x), ...weights }, (at) => {
      kernels.layerNorm(at.x, at.gamma, at.beta, at.x, rows, size, epsilon);
      return undefined;
    });
    assert.deepEqual(inPlace.floats("x"), outcome.floats("out"));
    return outcome.floats("out");
  }

  function checkLayerNorm(x: Float32Array, size: number, tolerance: number, epsilon = 1e-12): void {
    const [gamma, beta] = [randomFloats(size, 7), randomFloats(size, 8)];
    const expected = layerNorm(
      Float64Array.from(x),
      Float64Array.from(gamma),
      Float64Array.from(beta),
      epsilon,
    );
    const error = relativeError(normalise(x, gamma, beta, epsilon), expected);
    assert.ok(error < tolerance, `size ${size}: relative error ${error}`);
  }

  test("layerNorm equals the reference over ragged sizes, in place or not", () => {
    for (const size of SIZES.slice(1)) {
      for (const rows of [1, 3, 9]) checkLayerNorm(randomFloats(rows * size, size), size, 2e-6);
    }
  });

  test("layerNorm keeps its precision with a large common offset, large and tiny values", () => {
    checkLayerNorm(
      randomFloats(5 * 60, 1).map((value) => value + 1000),
      60,
      2e-4,
    );
    checkLayerNorm(randomFloats(5 * 60, 2, 1e15), 60, 2e-6);
    checkLayerNorm(randomFloats(5 * 60, 3, 1e-3), 60, 2e-6);
  });

  test("layerNorm of a row whose variance overflows is NaN, and other rows are as ever", () => {
    for (const size of [2, 5, 8, 13]) {
      const ones = new Float32Array(size).fill(1);
      const x = Float32Array.from({ length: 2 * size }, (_, i) => (i < size ? 1e20 : 1) * (i % 2 ? -1 : 1));
      const out = normalise(x, ones, ones, 1e-12);
      assert.ok(out.subarray(0, size).every(Number.isNaN), `size ${size}`);
      assert.ok(out.subarray(size).every(Number.isFinite), `size ${size}`);
    }
  });

  test("layerNorm of equal values is beta: epsilon keeps 0 / 0 away", () => {
    for (const size of [1, 5, 8]) {
      for (const level of [0, -0, 3]) {
        const beta = randomFloats(size, 9);
        const out = normalise(new Float32Array(2 * size).fill(level), randomFloats(size, 10), beta, 1e-12);
        assert.ok(largestDifference(out, [...beta, ...beta]) < 1e-6, `size ${size}, all ${level}`);
      }
    }
  });

  function share(x: Float32Array, columns: number, stride: number, scale: number): Float32Array {
    const rows = x.length / stride;
    const outcome = bench.call({ x: updated(x) }, (at) => {
      kernels.softmax(at.x, rows, columns, stride, scale);
      return undefined;
    });
    return outcome.floats("x");
  }

  /** Rows of `columns` values with poison after each. */
  function withGaps(values: Float32Array, columns: number, stride: number): Float32Array {
    const x = new Float32Array((values.length / columns) * stride);
    new Uint32Array(x.buffer).fill(0xffffffff);
    for (let i = 0; i < values.length; i++) x[Math.floor(i / columns) * stride + (i % columns)] = values[i];
    return x;
  }

  test("softmax equals the reference over ragged sizes, and leaves what lies between rows alone", () => {
    for (const columns of SIZES) {
      for (const gap of [0, 3]) {
        for (const [scale, size] of [
          [1, 1],
          [0.25, 10],
          [3, 100],
        ]) {
          // biome-ignore format: a table
          const stride = columns + gap;
          const values = randomFloats(3 * columns, columns, size);
          const out = share(withGaps(values, columns, stride), columns, stride, scale);
          const expected = softmax(
            Float64Array.from(values, (value) => value * scale),
            columns,
          );
          for (let row = 0; row < 3; row++) {
            assertUntouched(out, row * stride + columns, (row + 1) * stride);
            const actual = out.subarray(row * stride, row * stride + columns);
            const difference = largestDifference(
              actual,
              expected.subarray(row * columns, (row + 1) * columns),
            );
            assert.ok(difference < 2e-5, `${columns} columns, scale ${scale}: off by ${difference}`);
          }
        }
      }
    }
  });

  test("softmax stands huge values, ±0 and −∞", () => {
    const third = Math.fround(1 / 3);
    const near = (actual: Float32Array, expected: number[]) =>
      assert.ok(largestDifference(actual, expected) < 1e-7, `${actual} is not ${expected}`);
    near(share(Float32Array.of(3e38, 3e38, 3e38), 3, 3, 1), [third, third, third]);
    near(share(Float32Array.of(-3e38, -3e38, -3e38), 3, 3, 1), [third, third, third]);
    near(share(Float32Array.of(0, -0, 0), 3, 3, 1), [third, third, third]);
    near(share(Float32Array.of(3e38, -3e38, 1, 1, 1), 5, 5, 1), [1, 0, 0, 0, 0]);
    near(share(Float32Array.of(-Infinity, 5, -Infinity, 5, -Infinity), 5, 5, 2), [0, 0.5, 0, 0.5, 0]);
    near(share(Float32Array.of(1, -Infinity), 1, 1, 1).subarray(0, 1), [1]);
  });

  test("softmax of NaN or of −∞ alone is NaN, not something that looks like an answer", () => {
    assert.ok(share(Float32Array.of(1, Number.NaN, 2, 3, 4), 5, 5, 1).every(Number.isNaN));
    assert.ok(share(new Float32Array(5).fill(-Infinity), 5, 5, 1).every(Number.isNaN));
  });

  test("widenHalves is exact for all 65,536 halves", () => {
    const halves = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const outcome = bench.call({ halves: input(halves), floats: floatsOut(65_536) }, (at) => {
      kernels.widenHalves(at.halves, 65_536, at.floats);
      return undefined;
    });
    outcome.floats("floats").forEach((value, half) => {
      const [sign, exponent, mantissa] = [half >> 15 ? -1 : 1, (half >> 10) & 31, half & 1023];
      const whole = exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
      const expected = exponent < 31 ? sign * whole : mantissa === 0 ? sign * Infinity : Number.NaN;
      assert.ok(Object.is(value, expected), `half ${half.toString(16)} is ${expected}, not ${value}`);
    });
  });

  test("widenHalves of odd counts writes no more than asked", () => {
    for (const count of [1, 2, 3, 5, 7, 9]) {
      const halves = new Uint16Array(count).fill(0x3c00);
      const outcome = bench.call({ halves: input(halves), floats: floatsOut(count) }, (at) => {
        kernels.widenHalves(at.halves, count, at.floats);
        return undefined;
      });
      assert.deepEqual(outcome.floats("floats"), new Float32Array(count).fill(1));
    }
  });
});
