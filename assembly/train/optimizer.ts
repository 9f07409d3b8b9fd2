// A step against the gradients, unless their norm is not finite.

const VALUES: i32 = 1024;

/**
 * AdamW (Loshchilov & Hutter 2019, algorithm 2), as torch.optim.AdamW orders it. Units: blocks of 1,024 values.
 *
 * @param correction1 1 − beta1ᵗ at step t, or 1 for none; `correction2` of beta2
 * @param clipNorm the norm that gradients are scaled down to where theirs is larger, as torch.nn.utils.clip_grad_norm_ does
 * @param norm f32 [1]: of all gradients
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
  clipNorm: f64,
  norm: usize,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const gradientNorm = f32.load(norm);
  if (!(gradientNorm < Infinity)) return;
  const stop = (<usize>min(count, last * VALUES)) << 2;
  const kept: f32 = <f32>(1 - learningRate * weightDecay);
  const step: f32 = <f32>(learningRate / correction1);
  const root: f32 = <f32>(1 / sqrt<f64>(correction2));
  const tiny: f32 = <f32>epsilon;
  const newest: f32 = <f32>(1 - beta1);
  const keptSquares: f32 = <f32>beta2;
  const newestSquares: f32 = <f32>(1 - beta2);
  const scale: f32 = <f32>min(1.0, clipNorm / (<f64>gradientNorm + 1e-6));
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
