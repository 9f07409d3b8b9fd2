import assert from "node:assert/strict";
import { test } from "node:test";
import { indexOfMaximum, logSumExp, softmax } from "../../src/model/scores.ts";

test("of equal values the first is the largest, as in torch and numpy", () => {
  assert.equal(indexOfMaximum(Float32Array.of(1, 3, 3, 2)), 1);
  assert.equal(indexOfMaximum(Float32Array.of(-Infinity, -Infinity)), 0);
});

test("large scores overflow neither softmax nor log-sum-exp", () => {
  assert.deepEqual([...softmax([1000, 1000, -Infinity])], [0.5, 0.5, 0]);
  for (const scores of [
    [1000, 0, 0],
    [0, 0, 1000],
  ]) {
    assert.deepEqual(
      [...softmax(scores)],
      scores.map((score) => score / 1000),
      "wherever the largest is",
    );
  }
  assert.equal(logSumExp(Float64Array.of(1000, 1000)), 1000 + Math.log(2));
  assert.equal(logSumExp(Float64Array.of(-Infinity, -Infinity)), -Infinity);
});
