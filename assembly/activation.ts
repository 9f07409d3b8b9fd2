// What a layer does to each value that it gives, four values at a time. The numbers are those that callers name them by.

import { exp, geluDerivative, multiplyAdd } from "./math";

export const IDENTITY: i32 = 0;
export const GELU: i32 = 1;
/** GELU by the hyperbolic tangent, as Google's BERT has it: x/2 · (1 + tanh(√(2/π)(x + 0.044715 x³))). */
export const GELU_NEW: i32 = 2;
export const RELU: i32 = 3;
export const TANH: i32 = 4;

const CURVES = memory.data<f32>([
  1e4, // far beyond where tails vanish, and near enough for no ∞ · 0
  -0.07135481627159607, // −2√(2/π) · 0.044715
  -1.5957691216057308, // −2√(2/π)
  -2.0,
  1.0,
  -0.2140644488147882, // three times the first
]);

function size(x: v128): v128 {
  return f32x4.pmin(f32x4.abs(x), v128.load32_splat(CURVES));
}

/** e^−2u with u = t for the hyperbolic tangent and √(2/π)(t + 0.044715 t³) for gelu_new, of 0 ≤ t ≤ 10⁴. */
function tail(t: v128, activation: i32): v128 {
  const slope =
    activation === TANH
      ? v128.load32_splat(CURVES, 12)
      : multiplyAdd(f32x4.mul(t, t), v128.load32_splat(CURVES, 4), v128.load32_splat(CURVES, 8));
  return exp(f32x4.mul(t, slope));
}

/**
 * gelu_new, relu or tanh. (GELU, which most models have, is {@link gelu} itself: a call of this from within a product's
 * tile takes a twentieth of that product.) With the tail e, tanh |u| is
 * (1 − e) / (1 + e), and gelu_new is max(x, 0) less |x| · e / (1 + e). Absolute error at most 3e-7.
 */
export function activate(x: v128, activation: i32): v128 {
  const positive = f32x4.pmax(x, i32x4.splat(0));
  if (activation === RELU) return positive;
  const t = size(x);
  const e = tail(t, activation);
  const one = v128.load32_splat(CURVES, 16);
  const sum = f32x4.add(one, e);
  if (activation === GELU_NEW) return f32x4.sub(positive, f32x4.div(f32x4.mul(t, e), sum));
  return v128.bitselect(x, f32x4.div(f32x4.sub(one, e), sum), i32x4.splat(0x8000_0000));
}

/**
 * The derivative of any activation but the identity. With s = 1 / (1 + e), tanh′ is 4s(1 − s), and gelu_new′ is
 * s + |x| · s(1 − s) · 2u′ for x ≥ 0 and 1 less that for x < 0. Absolute error at most 1e-6.
 */
export function activationDerivative(x: v128, activation: i32): v128 {
  if (activation === GELU) return geluDerivative(x);
  const one = v128.load32_splat(CURVES, 16);
  if (activation === RELU) return v128.and(f32x4.gt(x, i32x4.splat(0)), one);
  const t = size(x);
  const e = tail(t, activation);
  const share = f32x4.div(one, f32x4.add(one, e));
  const product = f32x4.mul(share, f32x4.mul(share, e)); // s(1 − s), where 1 − s itself would round to 0
  if (activation === TANH) return f32x4.mul(product, f32x4.splat(4));
  const slope = multiplyAdd(f32x4.mul(t, t), v128.load32_splat(CURVES, 20), v128.load32_splat(CURVES, 8));
  const above = f32x4.sub(share, f32x4.mul(f32x4.mul(product, t), slope));
  return v128.bitselect(f32x4.sub(one, above), above, f32x4.lt(x, i32x4.splat(0)));
}
