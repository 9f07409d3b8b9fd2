import assert from "node:assert/strict";
import { test } from "node:test";
import { normal } from "../../src/train/random.ts";
import { assertSlopes } from "./differences.ts";
import { bidirectionalGru, gru, gruBackward, sigmoid } from "./gru.ts";

const random = (count: number, site: number) =>
  Float64Array.from({ length: count }, (_, i) => normal(1, site, i));

test("a GRU of one unit, by hand: half of h stays, the other half is new", () => {
  // All weights are 0, so that r = z = 1/2 and n = tanh(input).
  const inputs = Float64Array.of(0, 0, 1, 0, 0, -2);
  const [weight, bias] = [new Float64Array(3), new Float64Array(3)];
  const [one, two] = [Math.tanh(1), Math.tanh(-2)];
  assert.deepEqual([...gru(inputs, weight, bias, false)], [one / 2, two / 2 + one / 4]);
  assert.deepEqual([...gru(inputs, weight, bias, true)], [one / 2 + two / 4, two / 2]);
});

test("a GRU of one unit, by hand: r sees to the hidden part of n, its bias included, and to nothing else", () => {
  const [r, z] = [sigmoid(0.5), sigmoid(-1)];
  const n = Math.tanh(0.25 + r * 2); // the first h is 0, so that of W_hn h + b_hn the bias is left
  const out = gru(
    Float64Array.of(0.2, 1, 0.25),
    Float64Array.of(3, 4, 5),
    Float64Array.of(0.3, -2, 2),
    false,
  );
  assert.ok(Math.abs(out[0] - (1 - z) * n) < 1e-15);
});

test("a GRU's way back, in both directions", () => {
  const [steps, size] = [4, 3];
  for (const reverse of [false, true]) {
    const [inputs, weight, bias] = [random(steps * 3 * size, 1), random(3 * size * size, 2), random(9, 3)];
    const weights = random(steps * size, 4);
    assertSlopes({ inputs, weight, bias }, gruBackward(inputs, weight, bias, reverse, weights), () =>
      gru(inputs, weight, bias, reverse).reduce((sum, h, i) => sum + h * weights[i], 0),
    );
  }
});

test("read from its end a sequence gives the two directions in each other's place", () => {
  const [size, inputs, steps] = [2, 3, 5];
  const shapes = { weight_ih: [3 * size, inputs], weight_hh: [3 * size, size], bias_ih: [6], bias_hh: [6] };
  const tensors = Object.entries(shapes).map(([name, shape], site) => {
    const values = random(
      shape.reduce((product, length) => product * length, 1),
      site,
    );
    return [name, { shape, values }] as const;
  });
  const checkpoint = new Map(
    tensors.flatMap(([name, tensor]) => [
      [`gru.${name}_l0`, tensor],
      [`gru.${name}_l0_reverse`, tensor],
    ]),
  );
  const rows = (x: Float64Array, width: number) =>
    Array.from({ length: x.length / width }, (_, i) => [...x.subarray(i * width, (i + 1) * width)]);
  const x = random(steps * inputs, 9);
  const turned = Float64Array.from(rows(x, inputs).reverse().flat());
  const out = rows(bidirectionalGru(checkpoint, 1, x), 2 * size);
  const swapped = rows(bidirectionalGru(checkpoint, 1, turned), 2 * size).reverse();
  assert.deepEqual(
    swapped.map((row) => [...row.slice(size), ...row.slice(0, size)]),
    out,
  );
});
