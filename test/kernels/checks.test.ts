import assert from "node:assert/strict";
import { test } from "node:test";
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

  test("a scale that is not above zero and finite is found wherever it is", () => {
    for (const count of counts) {
      const positive = (values: Float32Array) =>
        bench.call({ values: input(values) }, (at) => kernels.arePositive(at.values, count)).returned;
      const values = randomFloats(count, 3).map((value) => Math.abs(value) + 1e-40);
      assert.equal(positive(values), 1);
      for (let i = 0; i < count; i++) {
        for (const bad of [0, -0, -1e-40, -1, Infinity, -Infinity, Number.NaN]) {
          assert.equal(positive(values.with(i, bad)), 0);
        }
      }
    }
  });
});
