import assert from "node:assert/strict";
import { it } from "node:test";
import { meanDeviation } from "../../src/metrics/mean-deviation.ts";

it("gives the mean and the deviation of a sample", () => {
  assert.deepEqual(meanDeviation([2, 4, 4, 4, 5, 5, 7, 9]), { mean: 5, deviation: Math.sqrt(32 / 7) });
  assert.deepEqual(meanDeviation([0.5]), { mean: 0.5, deviation: 0 });
});
