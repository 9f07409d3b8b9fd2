// A step against the gradients.

const VALUES: i32 = 1024;
const SQUARES: i32 = 65536;

/** partial[unit] = Σ x² in f64. Units: blocks of 65,536 values. */
export function sumOfSquares(
  x: usize,
  count: i32,
  partial: usize,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  for (let unit = first; unit < last; unit++) {
    const start = x + ((<usize>(unit * SQUARES)) << 2);
    const stop = x + ((<usize>min(count, (unit + 1) * SQUARES)) << 2);
    const wide = start + ((stop - start) & ~7);
    let sums = f64x2.splat(0);
    let at = start;
    for (; at < wide; at += 8) {
      const values = f64x2.promote_low_f32x4(v128.load64_zero(at));
      sums = f64x2.add(sums, f64x2.mul(values, values));
    }
    let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
    for (; at < stop; at += 4) sum += <f64>f32.load(at) * <f64>f32.load(at);
    f64.store(partial + ((<usize>unit) << 3), sum);
  }
}

/**
 * AdamW (Loshchilov & Hutter 2019, algorithm 2), as torch.optim.AdamW orders it. Units: blocks of 1,024 values.
 *
 * @param correction1 1 − beta1ᵗ at step t, or 1 for none; `correction2` of beta2
 * @param gradientScale what gradients are multiplied with first
 */
export function adamW(
  parameter: usize,
  gradient: usize,
  firstMoment: usize,
  secondMoment: usize,
  count: i32,
  learningRate: f64,
  beta1: f64,
  beta2: f64,
  epsilon: f64,
  weightDecay: f64,
  correction1: f64,
  correction2: f64,
  gradientScale: f64,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const stop = (<usize>min(count, last * VALUES)) << 2;
  const kept: f32 = <f32>(1 - learningRate * weightDecay);
  const step: f32 = <f32>(learningRate / correction1);
  const root: f32 = <f32>(1 / sqrt<f64>(correction2));
  const tiny: f32 = <f32>epsilon;
  const newest: f32 = <f32>(1 - beta1);
  const keptSquares: f32 = <f32>beta2;
  const newestSquares: f32 = <f32>(1 - beta2);
  const scale: f32 = <f32>gradientScale;
  let at = (<usize>(first * VALUES)) << 2;
  for (; at < (stop & ~15); at += 16) {
    const g = f32x4.mul(v128.load(gradient + at), f32x4.splat(scale));
    let m = v128.load(firstMoment + at);
    m = f32x4.add(m, f32x4.mul(f32x4.sub(g, m), f32x4.splat(newest)));
    let v = f32x4.mul(v128.load(secondMoment + at), f32x4.splat(keptSquares));
    v = f32x4.add(v, f32x4.mul(f32x4.mul(g, g), f32x4.splat(newestSquares)));
    const divisor = f32x4.add(f32x4.mul(f32x4.sqrt(v), f32x4.splat(root)), f32x4.splat(tiny));
    const p = f32x4.mul(v128.load(parameter + at), f32x4.splat(kept));
    v128.store(firstMoment + at, m);
    v128.store(secondMoment + at, v);
    v128.store(parameter + at, f32x4.sub(p, f32x4.mul(f32x4.splat(step), f32x4.div(m, divisor))));
  }
  for (; at < stop; at += 4) {
    const g = f32.load(gradient + at) * scale;
    let m = f32.load(firstMoment + at);
    m += (g - m) * newest;
    const v = f32.load(secondMoment + at) * keptSquares + g * g * newestSquares;
    f32.store(firstMoment + at, m);
    f32.store(secondMoment + at, v);
    f32.store(parameter + at, f32.load(parameter + at) * kept - step * (m / (sqrt<f32>(v) * root + tiny)));
  }
}
