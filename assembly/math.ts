// Elementary functions on four floats at a time. Coefficients are this project's own minimax fits; every constant is
// loaded from static memory, because V8 builds a splat(constant) anew in every turn of a loop. Bounds are kept by pmin
// and pmax, one instruction each where min and max take several; with the bound as second operand, NaN passes through.

/** a · b + c: rounded once where the engine can, in the relaxed binary; twice otherwise. */
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

const EXP_LOWEST: f32 = -87.33654; // below it exp(x) is no longer a normal float

const EXP = memory.data<f32>([
  EXP_LOWEST,
  1.4426950408889634, // 1 / ln 2
  -0.693359375, // −ln 2 in two parts; the first has few enough bits that n · part is exact
  2.1219444e-4,
  0.001381461275741458, // r⁶ … r²; the terms 1 and r are exact
  0.008368710055947304,
  0.04166838899254799,
  0.1666652113199234,
  0.4999999403953552,
  1.0,
  12583039, // 1.5 · 2²³ + 127: added to a float, leaves it rounded, and as the exponent of a float, in the lowest bits
]);

/**
 * e^x for x ≤ 0, which is all that a softmax or a log-sum-exp asks for once its maximum is subtracted. Relative error
 * at most 1.2e-7; 0 where the result would be denormal; NaN stays NaN.
 */
export function exp(x: v128): v128 {
  const lowest = v128.load32_splat(EXP);
  const vanishes = f32x4.lt(x, lowest);
  x = f32x4.pmax(x, lowest);
  const round = v128.load32_splat(EXP, 40);
  const exponent = multiplyAdd(x, v128.load32_splat(EXP, 4), round);
  const n = f32x4.sub(exponent, round);
  let r = multiplyAdd(n, v128.load32_splat(EXP, 8), x);
  r = multiplyAdd(n, v128.load32_splat(EXP, 12), r);
  let p = multiplyAdd(v128.load32_splat(EXP, 16), r, v128.load32_splat(EXP, 20));
  p = multiplyAdd(p, r, v128.load32_splat(EXP, 24));
  p = multiplyAdd(p, r, v128.load32_splat(EXP, 28));
  p = multiplyAdd(p, r, v128.load32_splat(EXP, 32));
  p = f32x4.add(multiplyAdd(f32x4.mul(p, r), r, r), v128.load32_splat(EXP, 36));
  return v128.andnot(f32x4.mul(p, i32x4.shl(exponent, 23)), vanishes);
}

const GELU = memory.data<f32>([
  1e4, // far beyond where the tail vanishes, and near enough for no ∞ / ∞
  7.75190358139e-7, // P, t⁷ … t⁰
  -1.62009889363e-6,
  7.28649816056e-5,
  -1.1223303599e-6,
  0.00330894188805,
  0.021129795353,
  0.0498686545404,
  1.0,
  0.5,
  0.3989422804014327, // 1 / √(2π)
]);

/** P(t)¹⁶ for 0 ≤ t ≤ 10⁴: of the normal distribution, Φ(−t) is half its inverse (a form of Abramowitz & Stegun 7.1.28). */
function inverseTail(t: v128): v128 {
  let p = multiplyAdd(v128.load32_splat(GELU, 4), t, v128.load32_splat(GELU, 8));
  p = multiplyAdd(p, t, v128.load32_splat(GELU, 12));
  p = multiplyAdd(p, t, v128.load32_splat(GELU, 16));
  p = multiplyAdd(p, t, v128.load32_splat(GELU, 20));
  p = multiplyAdd(p, t, v128.load32_splat(GELU, 24));
  p = multiplyAdd(p, t, v128.load32_splat(GELU, 28));
  p = multiplyAdd(p, t, v128.load32_splat(GELU, 32));
  p = f32x4.mul(p, p);
  p = f32x4.mul(p, p);
  p = f32x4.mul(p, p);
  return f32x4.mul(p, p);
}

/**
 * GELU with the exact error function (Hendrycks & Gimpel 2016; torch's `approximate="none"`): x · Φ(x), which is
 * max(x, 0) less the tail |x| · Φ(−|x|). Absolute error at most 3e-7, relative error at most 2e-6 for x ≥ −1.
 */
export function gelu(x: v128): v128 {
  const t = f32x4.pmin(f32x4.abs(x), v128.load32_splat(GELU));
  const tail = f32x4.div(f32x4.mul(t, v128.load32_splat(GELU, 36)), inverseTail(t));
  return f32x4.sub(f32x4.pmax(x, i32x4.splat(0)), tail);
}

const GELU_NEAR = memory.data<f32>([
  4.3, // from here on the tail passes for 0
  2.6981699193129316e-5, // t⁹ … t¹
  -0.00042609122465364635,
  0.002031137701123953,
  0.0016155685298144817,
  -0.04517381265759468,
  0.13521482050418854,
  -0.05147319287061691,
  -0.3811640739440918,
  0.49794426560401917,
]);

/** {@link gelu} within 8e-5, its tail a polynomial: for what is then rounded to units a hundred times as large. */
export function geluNear(x: v128): v128 {
  const t = f32x4.pmin(f32x4.abs(x), v128.load32_splat(GELU_NEAR));
  let p = multiplyAdd(v128.load32_splat(GELU_NEAR, 4), t, v128.load32_splat(GELU_NEAR, 8));
  p = multiplyAdd(p, t, v128.load32_splat(GELU_NEAR, 12));
  p = multiplyAdd(p, t, v128.load32_splat(GELU_NEAR, 16));
  p = multiplyAdd(p, t, v128.load32_splat(GELU_NEAR, 20));
  p = multiplyAdd(p, t, v128.load32_splat(GELU_NEAR, 24));
  p = multiplyAdd(p, t, v128.load32_splat(GELU_NEAR, 28));
  p = multiplyAdd(p, t, v128.load32_splat(GELU_NEAR, 32));
  p = multiplyAdd(p, t, v128.load32_splat(GELU_NEAR, 36));
  return f32x4.sub(f32x4.pmax(x, i32x4.splat(0)), f32x4.mul(p, t));
}

/** The derivative of {@link gelu}: Φ(x) + x · φ(x). Absolute error at most 1e-6. */
export function geluDerivative(x: v128): v128 {
  const t = f32x4.pmin(f32x4.abs(x), v128.load32_splat(GELU));
  const tail = f32x4.div(v128.load32_splat(GELU, 36), inverseTail(t));
  const below = f32x4.lt(x, i32x4.splat(0));
  const cumulative = v128.bitselect(tail, f32x4.sub(v128.load32_splat(GELU, 32), tail), below);
  const half = f32x4.mul(f32x4.mul(t, t), v128.load32_splat(GELU, 36));
  const density = f32x4.mul(exp(f32x4.neg(half)), v128.load32_splat(GELU, 40));
  return f32x4.add(cumulative, f32x4.mul(x, density));
}

const TANH = memory.data<f32>([
  1.0,
  0.4, // up to here tanh(x) is x · P(x²); from here on 1 − e^(−2|x|) loses little
  0.018672161541525102, // P, x⁸ … x²; its last term is 1
  -0.05353616890828087,
  0.13330907519275864,
  -0.3333328532691309,
]);

/** 1 / (1 + e^−x). Absolute error at most 1.5e-7; NaN stays NaN. */
export function sigmoid(x: v128): v128 {
  const ones = v128.load32_splat(TANH);
  const e = exp(f32x4.neg(f32x4.abs(x)));
  const share = v128.bitselect(e, ones, f32x4.lt(x, i32x4.splat(0)));
  return f32x4.div(share, f32x4.add(ones, e));
}

/** The hyperbolic tangent. Relative error at most 3e-7; NaN stays NaN. */
export function tanh(x: v128): v128 {
  const ones = v128.load32_splat(TANH);
  const size = f32x4.abs(x);
  const e = exp(f32x4.neg(f32x4.add(size, size)));
  const far = f32x4.div(f32x4.sub(ones, e), f32x4.add(ones, e));
  const square = f32x4.mul(size, size);
  let p = multiplyAdd(v128.load32_splat(TANH, 8), square, v128.load32_splat(TANH, 12));
  p = multiplyAdd(p, square, v128.load32_splat(TANH, 16));
  p = multiplyAdd(p, square, v128.load32_splat(TANH, 20));
  const near = multiplyAdd(f32x4.mul(p, square), size, size);
  const t = v128.bitselect(near, far, f32x4.lt(size, v128.load32_splat(TANH, 4)));
  return v128.or(t, v128.xor(x, size)); // the sign is all that x and its size differ by
}

/** The sum of the four lanes. */
export function sumLanes(x: v128): f32 {
  const pairs = f32x4.add(x, i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The largest of the four lanes; NaN where one of them is. */
export function maxLanes(x: v128): f32 {
  const pairs = f32x4.max(x, i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return max<f32>(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}
