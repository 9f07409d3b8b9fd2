// Layer normalisation (Ba et al. 2016).

import { multiplyAdd, sumLanes } from "./math";

/**
 * out[row] = (x[row] − mean) / √(variance + epsilon) · gamma + beta for each row of x [rows, size]; `out` may be `x`.
 * The variance is taken in a second pass over x − mean, so that a large common offset costs no precision. A row whose
 * variance float32 can't hold becomes NaN.
 */
export function layerNorm(
  x: usize,
  gamma: usize,
  beta: usize,
  out: usize,
  rows: i32,
  size: i32,
  epsilon: f32,
): void {
  const pairs = (<usize>(size & ~7)) << 2; // two sums at a time: an addition is waited for
  const wide = (<usize>(size & ~3)) << 2;
  const end = (<usize>size) << 2;
  for (let row = 0; row < rows; row++, x += end, out += end) {
    let sums = f32x4.splat(0);
    let more = sums;
    for (let at: usize = 0; at < pairs; at += 32) {
      sums = f32x4.add(sums, v128.load(x + at));
      more = f32x4.add(more, v128.load(x + at, 16));
    }
    if (pairs < wide) sums = f32x4.add(sums, v128.load(x + pairs));
    let sum = sumLanes(f32x4.add(sums, more));
    for (let at = wide; at < end; at += 4) sum += f32.load(x + at);
    const mean = sum / <f32>size;
    const means = f32x4.splat(mean);

    let squares = f32x4.splat(0);
    more = squares;
    for (let at: usize = 0; at < pairs; at += 32) {
      const low = f32x4.sub(v128.load(x + at), means);
      const high = f32x4.sub(v128.load(x + at, 16), means);
      squares = multiplyAdd(low, low, squares);
      more = multiplyAdd(high, high, more);
    }
    if (pairs < wide) {
      const centred = f32x4.sub(v128.load(x + pairs), means);
      squares = multiplyAdd(centred, centred, squares);
    }
    let square = sumLanes(f32x4.add(squares, more));
    for (let at = wide; at < end; at += 4) {
      const centred = f32.load(x + at) - mean;
      square += centred * centred;
    }
    const variance = square / <f32>size + epsilon;
    const inverse: f32 = 1 / sqrt<f32>(variance) + variance * 0; // NaN where the variance overflowed, and not 0
    const inverses = f32x4.splat(inverse);

    for (let at: usize = 0; at < wide; at += 16) {
      const normal = f32x4.mul(f32x4.sub(v128.load(x + at), means), inverses);
      v128.store(out + at, multiplyAdd(normal, v128.load(gamma + at), v128.load(beta + at)));
    }
    for (let at = wide; at < end; at += 4) {
      const normal = (f32.load(x + at) - mean) * inverse;
      f32.store(out + at, normal * f32.load(gamma + at) + f32.load(beta + at));
    }
  }
}
