import assert from "node:assert/strict";
import { test } from "node:test";
import { scaledDotProductAttention } from "../reference/electra.ts";
import { relativeError } from "../reference/math.ts";
import { floatsOut, input, integersOut, overBinaries, randomFloats } from "./harness.ts";

overBinaries((bench) => {
  const { kernels } = bench;

  /** All heads at once, as the kernel has them. */
  function attend(
    queryKeyValue: Float32Array,
    tokens: number,
    heads: number,
    headSize: number,
  ): Float32Array {
    const regions = {
      queryKeyValue: input(queryKeyValue),
      context: floatsOut(tokens * heads * headSize),
      scratch: integersOut(kernels.attentionScratchBytes(tokens, headSize) / 4),
    };
    const outcome = bench.call(regions, (at) => {
      kernels.attention(at.queryKeyValue, at.context, at.scratch, tokens, heads, headSize);
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

  function check(tokens: number, heads: number, headSize: number, scale: number, tolerance: number): void {
    const queryKeyValue = randomFloats(tokens * 3 * heads * headSize, tokens + headSize, scale);
    const actual = attend(queryKeyValue, tokens, heads, headSize);
    const error = relativeError(actual, reference(queryKeyValue, tokens, heads, headSize));
    assert.ok(error < tolerance, `${tokens} tokens, ${heads} heads of ${headSize}: relative error ${error}`);
  }

  test("heads of every size over ragged lengths equal the reference", () => {
    for (const [heads, headSize] of [
      [5, 12],
      [4, 16],
      [4, 64],
      [2, 1],
      [1, 7],
    ]) {
      // biome-ignore format: a table
      for (const tokens of [1, 2, 3, 7, 8, 9, 63, 64, 65, 130]) check(tokens, heads, headSize, 1, 2e-6);
    }
  });

  test("512 tokens", () => {
    check(512, 2, 16, 1, 2e-6);
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
    }
  });

  test("equal keys of a huge size still share evenly", () => {
    const [tokens, headSize] = [5, 4];
    const queryKeyValue = randomFloats(tokens * 3 * headSize, 4);
    for (let t = 0; t < tokens; t++)
      queryKeyValue.fill(1e15, t * 3 * headSize, t * 3 * headSize + 2 * headSize);
    const expected = reference(queryKeyValue, tokens, 1, headSize);
    assert.ok(relativeError(attend(queryKeyValue, tokens, 1, headSize), expected) < 1e-6);
  });
});
