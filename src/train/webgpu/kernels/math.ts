/**
 * e^x for x ≤ 0 and log x of normal floats above 0, to a relative error of about 1.2e-7 on every GPU: WGSL allows its own
 * functions to be several times worse. Coefficients are those of `assembly/math.ts` and `assembly/train/sampling.ts`.
 */
export const EXP_AND_LOG = `
/** By its bits: WGSL lets a program be built as if there were no such thing. */
fn isNan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

fn expOf(x: f32) -> f32 {
  let bounded = max(x, -87.33654);
  let n = round(bounded * 1.4426950408889634);
  var r = fma(n, -0.693359375, bounded);
  r = fma(n, 2.1219444e-4, r);
  var p = fma(0.001381461275741458, r, 0.008368710055947304);
  p = fma(p, r, 0.04166838899254799);
  p = fma(p, r, 0.1666652113199234);
  p = fma(p, r, 0.4999999403953552);
  p = fma(p * r, r, r) + 1.0;
  let power = select(p * bitcast<f32>(u32(i32(n) + 127) << 23u), 0.0, x < -87.33654);
  return select(power, x, isNan(x));
}

fn logOf(x: f32) -> f32 {
  let exponent = (bitcast<i32>(x) - 0x3f3504f3) >> 23u;
  let n = f32(exponent);
  let f = bitcast<f32>(bitcast<i32>(x) - (exponent << 23u)) - 1.0;
  var p = fma(0.08700368066, f, -0.1426748928);
  p = fma(p, f, 0.1491478999);
  p = fma(p, f, -0.1657758465);
  p = fma(p, f, 0.1996306192);
  p = fma(p, f, -0.2500133705);
  p = fma(p, f, 0.3333391078);
  let squares = f * f;
  let low = fma(p * f, squares, n * -2.1219444e-4);
  return select(low - squares * 0.5 + f + n * 0.693359375, x, isNan(x));
}
`;

/** The bits of a float tell what comparisons need not: WGSL lets a program be built as if there were no infinity. */
export const FINITENESS = `
fn isFinite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}
`;

/** GELU with the exact error function and its derivative; see `assembly/math.ts`. For a `Value`, a float or four. */
export const GELU = `
const VANISHES = 12.5; // beyond it the tail is below any float's reach

fn tailOf(t: Value) -> Value {
  var p = fma(Value(7.75190358139e-7), t, Value(-1.62009889363e-6));
  p = fma(p, t, Value(7.28649816056e-5));
  p = fma(p, t, Value(-1.1223303599e-6));
  p = fma(p, t, Value(0.00330894188805));
  p = fma(p, t, Value(0.021129795353));
  p = fma(p, t, Value(0.0498686545404));
  p = fma(p, t, Value(1.0));
  p *= p;
  p *= p;
  p *= p;
  p *= p;
  return Value(0.5) / p;
}

/** The normal distribution's share below x. */
fn cumulative(x: Value) -> Value {
  let t = min(abs(x), Value(VANISHES));
  let tail = select(tailOf(t), Value(0.0), t >= Value(VANISHES));
  return select(Value(1.0) - tail, tail, x < Value(0.0));
}

fn geluDerivative(x: Value) -> Value {
  let near = clamp(x, Value(-VANISHES), Value(VANISHES));
  let density = Value(0.3989422804014327) * exp(Value(-0.5) * near * near);
  return cumulative(x) + near * density;
}
`;
