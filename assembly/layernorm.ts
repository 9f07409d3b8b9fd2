// Layer normalisation (Ba et al. 2016).

import { sumLanes } from "./math";

/**
 * out[row] = (x[row] − mean) / √(variance + epsilon) · gamma + beta for each row of x [rows, size]; `out` may be `x`.
 * The variance is taken in a second pass over x − mean, so that a large common offset costs no precision.
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
  const wide = (<usize>(size & ~3)) << 2;
  const end = (<usize>size) << 2;
  for (let row = 0; row < rows; row++, x += end, out += end) {
    let sums = f32x4.splat(0);
    for (let at: usize = 0; at < wide; at += 16) sums = f32x4.add(sums, v128.load(x + at));
    let sum = sumLanes(sums);
    for (let at = wide; at < end; at += 4) sum += f32.load(x + at);
    const mean = sum / <f32>size;
    const means = f32x4.splat(mean);

    let squares = f32x4.splat(0);
    for (let at: usize = 0; at < wide; at += 16) {
      const centred = f32x4.sub(v128.load(x + at), means);
      squares = f32x4.add(squares, f32x4.mul(centred, centred));
    }
    let square = sumLanes(squares);
    for (let at = wide; at < end; at += 4) {
      const centred = f32.load(x + at) - mean;
      square += centred * centred;
    }
    const inverse: f32 = 1 / sqrt<f32>(square / <f32>size + epsilon);
    const inverses = f32x4.splat(inverse);

    for (let at: usize = 0; at < wide; at += 16) {
      const normal = f32x4.mul(f32x4.sub(v128.load(x + at), means), inverses);
      v128.store(out + at, f32x4.add(f32x4.mul(normal, v128.load(gamma + at)), v128.load(beta + at)));
    }
    for (let at = wide; at < end; at += 4) {
      const normal = (f32.load(x + at) - mean) * inverse;
      f32.store(out + at, normal * f32.load(gamma + at) + f32.load(beta + at));
    }
  }
}
