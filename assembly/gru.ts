// Gated recurrent units (Cho et al. 2014) in the form of torch.nn.GRU, whose gates are r, z, n in this order:
//   r = σ(W_ir x + b_ir + W_hr h + b_hr)    z = σ(W_iz x + b_iz + W_hz h + b_hz)
//   n = tanh(W_in x + b_in + r ∘ (W_hn h + b_hn))    h' = (1 − z) ∘ n + z ∘ h
// What the inputs have part in is one product over all steps, done before. What is left to a step is a product with the one
// row h, during which weights come from the second-level cache: 32 columns at a time, eight sums in flight, keep it busy.

import { multiplyAdd, sigmoid, tanh } from "./math";

/**
 * One direction of a layer over one sequence, from h = 0 on.
 *
 * @param inputs [steps, 3 · size]: W_i x + b_i, its rows `inputStride` values apart
 * @param weights W_h [3 · size, size], packed as those of a product are
 * @param bias b_h [3 · size], packed likewise
 * @param out [steps, size]: each step's h, its rows `outStride` values apart
 * @param kept [steps, 4 · size]: each step's r, z, W_hn h + b_hn and n, its rows `keptStride` values apart; where that is 0,
 *   one row serves all steps
 * @param reverse whether the last step comes first
 */
export function gru(
  inputs: usize,
  inputStride: i32,
  weights: usize,
  bias: usize,
  out: usize,
  outStride: i32,
  kept: usize,
  keptStride: i32,
  steps: i32,
  size: i32,
  reverse: i32,
): void {
  const last = steps - 1;
  if (reverse) {
    inputs += (<usize>(last * inputStride)) << 2;
    out += (<usize>(last * outStride)) << 2;
    kept += (<usize>(last * keptStride)) << 2;
  }
  const direction = reverse ? -4 : 4;
  let previous: usize = 0;
  for (; steps > 0; steps--) {
    if (previous) multiplyRow(previous, weights, 32, (<usize>size) << 5, bias, kept, 3 * size, size);
    else memory.copy(kept, bias, <usize>size * 12);
    step(inputs, kept, previous, out, size);
    previous = out;
    inputs += <usize>(direction * inputStride);
    out += <usize>(direction * outStride);
    kept += <usize>(direction * keptStride);
  }
}

/**
 * out [n] = x [k] · weights + bias
 *
 * @param row bytes from a column's weight to its next one, of which eight columns lie side by side
 * @param panel bytes from such eight to the next
 * @param bias [n]; it may be `out`
 */
export function multiplyRow(
  x: usize,
  weights: usize,
  row: usize,
  panel: usize,
  bias: usize,
  out: usize,
  n: i32,
  k: i32,
): void {
  const end = x + ((<usize>k) << 2);
  let left = n;
  for (; left >= 32; left -= 32, bias += 128, out += 128) {
    let c0 = v128.load(bias);
    let c1 = v128.load(bias, 16);
    let c2 = v128.load(bias, 32);
    let c3 = v128.load(bias, 48);
    let c4 = v128.load(bias, 64);
    let c5 = v128.load(bias, 80);
    let c6 = v128.load(bias, 96);
    let c7 = v128.load(bias, 112);
    let first = weights;
    let second = first + panel;
    let third = second + panel;
    let fourth = third + panel;
    for (let at = x; at < end; at += 4, first += row, second += row, third += row, fourth += row) {
      const value = v128.load32_splat(at);
      c0 = multiplyAdd(value, v128.load(first), c0);
      c1 = multiplyAdd(value, v128.load(first, 16), c1);
      c2 = multiplyAdd(value, v128.load(second), c2);
      c3 = multiplyAdd(value, v128.load(second, 16), c3);
      c4 = multiplyAdd(value, v128.load(third), c4);
      c5 = multiplyAdd(value, v128.load(third, 16), c5);
      c6 = multiplyAdd(value, v128.load(fourth), c6);
      c7 = multiplyAdd(value, v128.load(fourth, 16), c7);
    }
    v128.store(out, c0);
    v128.store(out, c1, 16);
    v128.store(out, c2, 32);
    v128.store(out, c3, 48);
    v128.store(out, c4, 64);
    v128.store(out, c5, 80);
    v128.store(out, c6, 96);
    v128.store(out, c7, 112);
    weights += 4 * panel;
  }
  for (; left >= 8; left -= 8, bias += 32, out += 32, weights += panel) {
    let low = v128.load(bias);
    let high = v128.load(bias, 16);
    for (let at = x, from = weights; at < end; at += 4, from += row) {
      const value = v128.load32_splat(at);
      low = multiplyAdd(value, v128.load(from), low);
      high = multiplyAdd(value, v128.load(from, 16), high);
    }
    v128.store(out, low);
    v128.store(out, high, 16);
  }
  for (let taken = 0; left > 0; left -= taken) {
    const whole = left >= 4;
    taken = whole ? 4 : 1;
    let sum = take(bias, whole);
    for (let at = x, from = weights; at < end; at += 4, from += row) {
      sum = multiplyAdd(v128.load32_splat(at), take(from, whole), sum);
    }
    give(out, sum, whole);
    const bytes = (<usize>taken) << 2;
    bias += bytes;
    out += bytes;
    weights += bytes;
  }
}

/**
 * A step's gates and its h.
 *
 * @param kept W_h h + b_h; becomes r, z, W_hn h + b_hn and n
 * @param previous the h of the step before, or 0 for none
 */
function step(inputs: usize, kept: usize, previous: usize, out: usize, size: i32): void {
  const end = (<usize>size) << 2;
  const wide = (<usize>(size & ~3)) << 2;
  for (let at: usize = 0; at < end; at += at < wide ? 16 : 4) {
    const whole = at < wide;
    const second = at + end;
    const third = second + end;
    const r = sigmoid(f32x4.add(take(inputs + at, whole), take(kept + at, whole)));
    const z = sigmoid(f32x4.add(take(inputs + second, whole), take(kept + second, whole)));
    const n = tanh(multiplyAdd(r, take(kept + third, whole), take(inputs + third, whole)));
    const h = previous ? take(previous + at, whole) : i32x4.splat(0);
    give(kept + at, r, whole);
    give(kept + second, z, whole);
    give(kept + third + end, n, whole);
    give(out + at, multiplyAdd(z, f32x4.sub(h, n), n), whole);
  }
}

/** Four values, or one. */
export function take(from: usize, whole: bool): v128 {
  return whole ? v128.load(from) : v128.load32_zero(from);
}

export function give(to: usize, x: v128, whole: bool): void {
  if (whole) v128.store(to, x);
  else v128.store32_lane(to, x, 0);
}
