import assert from "node:assert/strict";
import { test } from "node:test";
import { erf, gelu, layerNorm, linear, logSumExp, relativeError, softmax } from "./math.ts";

test("erf has its tabulated values (Abramowitz & Stegun, table 7.1) and limits", () => {
  const table = { 0: 0, 0.1: 0.1124629160182849, 0.5: 0.5204998778130465, 1: 0.8427007929497149 };
  const far = { 2: 0.9953222650189527, 3: 0.9999779095030014, 4: 0.9999999845827421, 7: 1, 1e300: 1 };
  for (const [x, value] of Object.entries({ ...table, ...far })) {
    assert.ok(Math.abs(erf(Number(x)) - value) < 4e-16, `erf(${x})`);
    assert.equal(erf(-Number(x)), -erf(Number(x)));
  }
  assert.equal(erf(Infinity), 1);
  assert.ok(Number.isNaN(erf(Number.NaN)));
});

test("gelu is x where x is far above 0, nothing where it is far below, and Φ(1) at 1", () => {
  assert.ok(Math.abs(gelu(1) - 0.8413447460685429) < 1e-15);
  assert.equal(gelu(0), 0);
  assert.equal(gelu(30), 30);
  assert.equal(gelu(-30), -0);
});

test("softmax and log-sum-exp stand values whose exponentials overflow", () => {
  assert.deepEqual(
    [...softmax(Float64Array.of(1e300, 1e300, -1e4, 0, 0, 0), 3)],
    [0.5, 0.5, 0, 1 / 3, 1 / 3, 1 / 3],
  );
  assert.equal(logSumExp([1e4, 1e4]), 1e4 + Math.LN2);
  assert.equal(logSumExp([]), -Infinity);
  assert.equal(logSumExp([-Infinity, -Infinity]), -Infinity);
});

test("linear and layerNorm, by hand", () => {
  // [1 2] · [[3 4] [5 6] [7 8]]ᵀ + [1 0 −1]
  const product = linear(Float64Array.of(1, 2), Float64Array.of(3, 4, 5, 6, 7, 8), Float64Array.of(1, 0, -1));
  assert.deepEqual([...product], [12, 17, 22]);
  // mean 3, variance 4
  assert.deepEqual(
    [...layerNorm(Float64Array.of(1, 5), Float64Array.of(2, 2), Float64Array.of(10, 20), 0)],
    [8, 22],
  );
});

test("a relative error is NaN where anything is, so that no comparison passes", () => {
  assert.ok(Number.isNaN(relativeError([Number.NaN, 1], [1, 1])));
});
