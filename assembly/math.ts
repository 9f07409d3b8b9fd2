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
  0.7071067811865476, // 1 / √2
  3.93, // erf rounds to ±1 from here on
  2.041974084932008e-6, // numerator, z⁵ … z⁰ with z = u²
  0.00028480830951593816,
  0.0037795938551425934,
  0.052790239453315735,
  0.19078347086906433,
  1.1283791065216064,
  3.800409467658028e-5, // denominator, z⁵ … z⁰
  0.0011652091052383184,
  0.014997406862676144,
  0.11425737291574478,
  0.5024101734161377,
  1.0,
  0.5,
]);

/**
 * GELU with the exact error function (Hendrycks & Gimpel 2016; torch's `approximate="none"`): x · ½(1 + erf(x / √2)),
 * where erf(u) = u · P(u²) / Q(u²). Absolute error of erf at most 4e-7.
 */
export function gelu(x: v128): v128 {
  const bound = v128.load32_splat(GELU, 4);
  const one = v128.load32_splat(GELU, 52);
  let u = f32x4.mul(x, v128.load32_splat(GELU));
  u = f32x4.pmax(f32x4.pmin(u, bound), f32x4.neg(bound));
  const z = f32x4.mul(u, u);
  let p = multiplyAdd(v128.load32_splat(GELU, 8), z, v128.load32_splat(GELU, 12));
  p = multiplyAdd(p, z, v128.load32_splat(GELU, 16));
  p = multiplyAdd(p, z, v128.load32_splat(GELU, 20));
  p = multiplyAdd(p, z, v128.load32_splat(GELU, 24));
  p = multiplyAdd(p, z, v128.load32_splat(GELU, 28));
  let q = multiplyAdd(v128.load32_splat(GELU, 32), z, v128.load32_splat(GELU, 36));
  q = multiplyAdd(q, z, v128.load32_splat(GELU, 40));
  q = multiplyAdd(q, z, v128.load32_splat(GELU, 44));
  q = multiplyAdd(q, z, v128.load32_splat(GELU, 48));
  q = multiplyAdd(q, z, one);
  // Rounding may carry the quotient past ±1, which would turn the far negative tail positive.
  const erf = f32x4.pmax(f32x4.pmin(f32x4.div(f32x4.mul(u, p), q), one), f32x4.neg(one));
  return f32x4.mul(f32x4.mul(x, v128.load32_splat(GELU, 56)), f32x4.add(one, erf));
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
