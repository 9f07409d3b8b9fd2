import assert from "node:assert/strict";
import { test } from "node:test";
import { scaledDotProductAttention } from "../reference/electra.ts";
import { relativeError } from "../reference/math.ts";
import { assertUntouched, floatsOut, input, integersOut, overBinaries, randomFloats } from "./harness.ts";

overBinaries((bench) => {
  const { kernels } = bench;

  const floats = {
    bytes: kernels.attentionScratchBytes,
    run: kernels.attention,
    runHeads: kernels.attentionHeads,
  };
  const integers = {
    bytes: kernels.attentionIntegerScratchBytes,
    run: kernels.attentionInteger,
    runHeads: kernels.attentionIntegerHeads,
  };
  /** Of the integer products: 16 bits, or 8 in the relaxed binary. */
  const integerTolerance = bench.binary === "relaxed" ? 4e-2 : 1e-3;

  /** All heads at once, as the kernels have them. */
  function attend(
    queryKeyValue: Float32Array,
    tokens: number,
    heads: number,
    headSize: number,
    kernel = floats,
  ): Float32Array {
    const regions = {
      queryKeyValue: input(queryKeyValue),
      context: floatsOut(tokens * heads * headSize),
      scratch: integersOut(kernel.bytes(tokens, headSize) / 4),
    };
    const outcome = bench.call(regions, (at) => {
      kernel.run(at.queryKeyValue, at.context, at.scratch, tokens, heads, headSize);
      return undefined;
    });
    return outcome.floats("context");
  }

  /** Head by head, in float64. */
  function reference(
    queryKeyValue: Float32Array,
    tokens: number,
    heads: number,
    headSize: number,
  ): Float64Array {
    const hidden = heads * headSize;
    const context = new Float64Array(tokens * hidden);
    for (let head = 0; head < heads; head++) {
      const [query, key, value] = [0, 1, 2].map((part) =>
        Float64Array.from({ length: tokens * headSize }, (_, i) => {
          const [t, column] = [Math.floor(i / headSize), i % headSize];
          return queryKeyValue[t * 3 * hidden + part * hidden + head * headSize + column];
        }),
      );
      scaledDotProductAttention(query, key, value, headSize).forEach((found, i) => {
        context[Math.floor(i / headSize) * hidden + head * headSize + (i % headSize)] = found;
      });
    }
    return context;
  }

  function check(
    tokens: number,
    heads: number,
    headSize: number,
    scale: number,
    tolerance: number,
    kernel = floats,
  ): void {
    const queryKeyValue = randomFloats(tokens * 3 * heads * headSize, tokens + headSize, scale);
    const actual = attend(queryKeyValue, tokens, heads, headSize, kernel);
    const error = relativeError(actual, reference(queryKeyValue, tokens, heads, headSize));
    assert.ok(error < tolerance, `${tokens} tokens, ${heads} heads of ${headSize}: relative error ${error}`);
  }

  const HEADS = [
    [5, 12],
    [4, 16],
    [4, 64],
    [2, 1],
    [1, 7],
  ] as const;

  test("heads of every size over ragged lengths equal the reference", () => {
    for (const [heads, headSize] of HEADS) {
      for (const tokens of [1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 130]) {
        check(tokens, heads, headSize, 1, 2e-6);
        check(tokens, heads, headSize, 1, integerTolerance, integers);
      }
    }
  });

  test("512 tokens", () => {
    check(512, 2, 16, 1, 2e-6);
    check(512, 2, 16, 1, integerTolerance, integers);
  });

  test("some heads are worked on as all are, and the others left alone", () => {
    const [tokens, heads, headSize] = [9, 5, 12];
    const queryKeyValue = randomFloats(tokens * 3 * heads * headSize, 6);
    for (const kernel of [floats, integers]) {
      const all = attend(queryKeyValue, tokens, heads, headSize, kernel);
      const regions = {
        queryKeyValue: input(queryKeyValue),
        context: floatsOut(tokens * heads * headSize),
        scratch: integersOut(kernel.bytes(tokens, headSize) / 4),
      };
      const outcome = bench.call(regions, (at) => {
        kernel.runHeads(at.queryKeyValue, at.context, at.scratch, tokens, heads, headSize, 1, 3);
        return undefined;
      });
      const some = outcome.floats("context");
      for (let t = 0; t < tokens; t++) {
        const row = t * heads * headSize;
        const [first, last] = [row + headSize, row + 3 * headSize];
        assert.deepEqual(some.subarray(first, last), all.subarray(first, last));
        assertUntouched(some, row, first);
        assertUntouched(some, last, row + heads * headSize);
      }
    }
  });

  test("integer sums of nothing but extremes do not overflow", () => {
    for (const headSize of [1, 2, 7, 12, 63, 64, 65, 128]) {
      for (const tokens of [1, 2, 7, 512]) {
        // Every query finds the even keys at one end of what a score can be and the odd ones at the other, near or far
        // apart; all values are as large as a value can be.
        for (const size of [0.01, 3]) {
          const queryKeyValue = Float32Array.from({ length: tokens * 3 * headSize }, (_, i) => {
            const [t, part] = [Math.floor(i / (3 * headSize)), Math.floor((i % (3 * headSize)) / headSize)];
            const sign = t % 2 ? -1 : 1;
            return part === 0 ? size : part === 1 ? sign * size : i % 3 ? -8 : 8;
          });
          const expected = reference(queryKeyValue, tokens, 1, headSize);
          const actual = attend(queryKeyValue, tokens, 1, headSize, integers);
          const error = relativeError(actual, expected);
          assert.ok(
            error < integerTolerance,
            `${tokens} tokens, a head of ${headSize}: relative error ${error}`,
          );
        }
      }
    }
  });

  test("NaN and infinity show in the output", () => {
    const [tokens, headSize] = [6, 12];
    for (const kernel of [floats, integers]) {
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        // An infinite score may well be −∞, which takes no part.
        for (const part of Number.isNaN(bad) ? [0, 1, 2] : [2]) {
          const queryKeyValue = randomFloats(tokens * 3 * headSize, 3);
          queryKeyValue[4 * 3 * headSize + part * headSize + 5] = bad;
          const context = attend(queryKeyValue, tokens, 1, headSize, kernel);
          const row = context.subarray(4 * headSize, 5 * headSize);
          assert.ok(!row.every(Number.isFinite), `${bad} in part ${part} is gone`);
        }
      }
    }
  });

  test("scores of hundreds neither overflow nor lose the winner", () => {
    check(65, 2, 16, 20, 1e-4);
    check(9, 2, 64, 100, 1e-3);
  });

  test("queries of zero take the average of the values, ±0 alike", () => {
    for (const zero of [0, -0]) {
      const [tokens, headSize] = [9, 12];
      const queryKeyValue = randomFloats(tokens * 3 * headSize, 3);
      for (let t = 0; t < tokens; t++)
        queryKeyValue.fill(zero, t * 3 * headSize, t * 3 * headSize + headSize);
      const expected = reference(queryKeyValue, tokens, 1, headSize);
      assert.ok(relativeError(attend(queryKeyValue, tokens, 1, headSize), expected) < 1e-6);
      const rounded = attend(queryKeyValue, tokens, 1, headSize, integers);
      assert.ok(relativeError(rounded, expected) < integerTolerance);
    }
  });

  test("a key at a right angle to a query weighs what one of zeros does, however long it is", () => {
    const [tokens, headSize] = [2, 4];
    const query = [0, -1, 1, 0];
    const queryKeyValue = Float32Array.of(
      ...query,
      800,
      0,
      0,
      0,
      1,
      2,
      3,
      4,
      ...query,
      0,
      0,
      0,
      0,
      3,
      4,
      5,
      6,
    );
    for (const kernel of [floats, integers]) {
      const error = relativeError(
        attend(queryKeyValue, tokens, 1, headSize, kernel),
        Float64Array.of(2, 3, 4, 5, 2, 3, 4, 5),
      );
      assert.ok(error < integerTolerance, `relative error ${error}`);
    }
  });

  test("equal keys of a huge size still share evenly", () => {
    const [tokens, headSize] = [5, 4];
    const queryKeyValue = randomFloats(tokens * 3 * headSize, 4);
    for (let t = 0; t < tokens; t++)
      queryKeyValue.fill(1e15, t * 3 * headSize, t * 3 * headSize + 2 * headSize);
    const expected = reference(queryKeyValue, tokens, 1, headSize);
    assert.ok(relativeError(attend(queryKeyValue, tokens, 1, headSize), expected) < 1e-6);
    const rounded = attend(queryKeyValue, tokens, 1, headSize, integers);
    assert.ok(relativeError(rounded, expected) < integerTolerance);
  });
});
