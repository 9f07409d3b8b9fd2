import assert from "node:assert/strict";
import { test } from "node:test";
import { LARGEST_FLOAT, SMALLEST_FLOAT } from "../../src/model/file/storage.ts";
import { input, overBinaries, randomFloats } from "./harness.ts";

overBinaries((bench) => {
  const { kernels } = bench;
  const counts = [1, 3, 4, 5, 63, 64, 65, 200];

  test("the one int8 that no weight may be is found wherever it is", () => {
    for (const count of counts) {
      const find = (values: Int8Array) =>
        bench.call({ values: input(values) }, (at) => kernels.includesLowestInt8(at.values, count)).returned;
      const values = Int8Array.from({ length: count }, (_, i) => [-127, 127, 0, -1, 1][i % 5]!);
      assert.equal(find(values), 0);
      for (let i = 0; i < count; i++) assert.equal(find(values.with(i, -128)), 1);
    }
  });

  const within = (values: Float32Array, lowest: number, highest: number) =>
    bench.call({ values: input(values) }, (at) =>
      kernels.areWithin(at.values, values.length, lowest, highest),
    ).returned;

  test("a scale that is not above zero and finite is found wherever it is", () => {
    for (const count of counts) {
      const values = randomFloats(count, 3).map((value) => Math.abs(value) + 1e-40);
      values[0] = SMALLEST_FLOAT;
      values[count - 1] = LARGEST_FLOAT;
      assert.equal(within(values, SMALLEST_FLOAT, LARGEST_FLOAT), 1);
      for (let i = 0; i < count; i++) {
        for (const bad of [0, -0, -1e-40, -1, Infinity, -Infinity, Number.NaN]) {
          assert.equal(within(values.with(i, bad), SMALLEST_FLOAT, LARGEST_FLOAT), 0);
        }
      }
    }
  });

  test("a float that is NaN or infinite is found wherever it is; −∞ may pass", () => {
    for (const count of counts) {
      const values = randomFloats(count, 4).map((value, i) => [value, 0, -0, 1e-45, -1e-45, 3.4e38][i % 6]!);
      values[0] = LARGEST_FLOAT;
      values[count - 1] = -LARGEST_FLOAT;
      for (const lowest of [-LARGEST_FLOAT, -Infinity]) {
        assert.equal(within(values, lowest, LARGEST_FLOAT), 1);
        for (let i = 0; i < count; i++) {
          for (const bad of [Infinity, Number.NaN]) {
            assert.equal(within(values.with(i, bad), lowest, LARGEST_FLOAT), 0);
          }
          assert.equal(within(values.with(i, -Infinity), lowest, LARGEST_FLOAT), +(lowest === -Infinity));
        }
      }
    }
  });
});
