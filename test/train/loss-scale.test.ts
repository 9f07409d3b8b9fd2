import assert from "node:assert/strict";
import { test } from "node:test";
import { isLeftOut, LossScale } from "../../src/train/loss-scale.ts";

test("halves where gradients had no place, doubles after 2,000 steps in a row in which they had", () => {
  const scale = new LossScale();
  assert.equal(scale.value, 65_536);
  scale.follow(false);
  scale.follow(false);
  assert.equal(scale.value, 16_384);
  for (let step = 1; step < 2000; step++) scale.follow(true);
  assert.equal(scale.value, 16_384);
  scale.follow(false);
  assert.equal(scale.value, 8192);
  for (let step = 1; step <= 2000; step++) scale.follow(true);
  assert.equal(scale.value, 16_384);
  for (let step = 1; step <= 2000; step++) scale.follow(true);
  assert.equal(scale.value, 32_768);
});

test("ends at 1, where an overflow is the run's own", () => {
  const scale = new LossScale();
  for (let step = 0; step < 40; step++) {
    const before = scale.value;
    scale.follow(false);
    assert.equal(isLeftOut(before, scale.value), before > 1);
  }
  assert.equal(scale.value, 1);
  assert.ok(!isLeftOut(undefined, undefined));
});

test("goes on from its state as it would have", () => {
  const [whole, resumed] = [new LossScale(), new LossScale()];
  whole.follow(false);
  for (let step = 0; step < 1500; step++) whole.follow(true);
  resumed.restore(whole.state());
  for (let step = 0; step < 500; step++) {
    for (const scale of [whole, resumed]) scale.follow(true);
    assert.deepEqual(resumed.state(), whole.state());
  }
  assert.equal(resumed.value, 65_536);
});

test("a state that is none", () => {
  for (const state of [undefined, new Float32Array(0), Float32Array.of(Number.NaN, 0), new Float32Array(2)]) {
    assert.throws(() => new LossScale().restore(state), RangeError);
  }
});
