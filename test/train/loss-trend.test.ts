import assert from "node:assert/strict";
import { test } from "node:test";
import { TrainingError } from "../../src/errors.ts";
import { followLoss, type LossTrend, NO_TREND } from "../../src/train/loss-trend.ts";

function follow(losses: readonly number[]): LossTrend {
  return losses.reduce((trend, loss, i) => followLoss(trend, loss, 1, i + 1), NO_TREND);
}

const diverged = (detail: RegExp) => (error: unknown) => {
  assert.ok(error instanceof TrainingError && error.code === "diverged");
  assert.match(error.message, detail);
  return true;
};

test("the opening loss is the mean of the first twenty", () => {
  const losses = Array.from({ length: 50 }, (_, i) => (i < 20 ? i : 3));
  assert.ok(Math.abs(follow(losses).opening - 9.5) < 1e-9);
  assert.ok(Math.abs(follow(losses.slice(0, 3)).opening - 1) < 1e-9);
});

test("what is no number ends a run, in the loss or in the gradients", () => {
  assert.throws(() => follow([1, Number.NaN]), diverged(/step 2: the loss is NaN, the gradients' norm 1/));
  assert.throws(() => followLoss(NO_TREND, 1, Number.POSITIVE_INFINITY, 1), diverged(/norm Infinity/));
});

test("a loss that keeps growing ends a run, a single outlier doesn't", () => {
  const calm = new Array(30).fill(2);
  follow([...calm, 40, ...calm]);
  assert.throws(() => follow([...calm, ...new Array(30).fill(40)]), diverged(/grown from 2\.00 to \d+/));
  // Falling, as it should.
  follow(Array.from({ length: 100 }, (_, i) => 100 / (i + 1)));
});
