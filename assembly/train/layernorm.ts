// Layer normalisation (Ba et al. 2016) that remembers what its way back needs.

import { layerNorm as normalise } from "../layernorm";
import { sumLanes } from "../math";
import { COLUMNS } from "./columns";

/**
 * out = (x − mean) / √(variance + epsilon) · gamma + beta by rows. Units: rows.
 *
 * @param statistics [rows, 2]: mean and 1 / √(variance + epsilon)
 */
export function layerNorm(
  x: usize,
  gamma: usize,
  beta: usize,
  out: usize,
  statistics: usize,
  _rows: i32,
  size: i32,
  epsilon: f32,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const offset = (<usize>(first * size)) << 2;
  measure(x + offset, statistics + ((<usize>first) << 3), last - first, size, epsilon);
  normalise(x + offset, gamma, beta, out + offset, last - first, size, epsilon);
}

function measure(x: usize, statistics: usize, rows: i32, size: i32, epsilon: f32): void {
  const wide = (<usize>(size & ~3)) << 2;
  const rowBytes = (<usize>size) << 2;
  for (let row = 0; row < rows; row++, x += rowBytes, statistics += 8) {
    let sums = f32x4.splat(0);
    for (let at: usize = 0; at < wide; at += 16) sums = f32x4.add(sums, v128.load(x + at));
    let sum = sumLanes(sums);
    for (let at = wide; at < rowBytes; at += 4) sum += f32.load(x + at);
    const mean = sum / <f32>size;
    const means = f32x4.splat(mean);
    let squares = f32x4.splat(0);
    for (let at: usize = 0; at < wide; at += 16) {
      const centred = f32x4.sub(v128.load(x + at), means);
      squares = f32x4.add(squares, f32x4.mul(centred, centred));
    }
    let square = sumLanes(squares);
    for (let at = wide; at < rowBytes; at += 4) {
      const centred = f32.load(x + at) - mean;
      square += centred * centred;
    }
    f32.store(statistics, mean);
    f32.store(statistics, 1 / sqrt<f32>(square / <f32>size + epsilon), 4);
  }
}

/** The gradient by x; `out` may be `gradient`. Units: rows. */
export function layerNormBackward(
  x: usize,
  gamma: usize,
  statistics: usize,
  gradient: usize,
  out: usize,
  _rows: i32,
  size: i32,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const wide = (<usize>(size & ~3)) << 2;
  const rowBytes = (<usize>size) << 2;
  for (let row = first; row < last; row++) {
    const offset = <usize>row * rowBytes;
    const values = x + offset;
    const g = gradient + offset;
    const mean = f32.load(statistics + ((<usize>row) << 3));
    const inverse = f32.load(statistics + ((<usize>row) << 3), 4);
    const means = f32x4.splat(mean);
    const inverses = f32x4.splat(inverse);
    let sums = f32x4.splat(0);
    let products = sums;
    for (let at: usize = 0; at < wide; at += 16) {
      const scaled = f32x4.mul(v128.load(g + at), v128.load(gamma + at));
      sums = f32x4.add(sums, scaled);
      const normal = f32x4.mul(f32x4.sub(v128.load(values + at), means), inverses);
      products = f32x4.add(products, f32x4.mul(scaled, normal));
    }
    let sum = sumLanes(sums);
    let product = sumLanes(products);
    for (let at = wide; at < rowBytes; at += 4) {
      const scaled = f32.load(g + at) * f32.load(gamma + at);
      sum += scaled;
      product += scaled * (f32.load(values + at) - mean) * inverse;
    }
    const average = sum / <f32>size;
    const slope = product / <f32>size;
    for (let at: usize = 0; at < wide; at += 16) {
      const scaled = f32x4.mul(v128.load(g + at), v128.load(gamma + at));
      const normal = f32x4.mul(f32x4.sub(v128.load(values + at), means), inverses);
      const centred = f32x4.sub(
        f32x4.sub(scaled, f32x4.splat(average)),
        f32x4.mul(normal, f32x4.splat(slope)),
      );
      v128.store(out + offset + at, f32x4.mul(centred, inverses));
    }
    for (let at = wide; at < rowBytes; at += 4) {
      const scaled = f32.load(g + at) * f32.load(gamma + at);
      const normal = (f32.load(values + at) - mean) * inverse;
      f32.store(out + offset + at, (scaled - average - normal * slope) * inverse);
    }
  }
}

/** Adds to the gradients by gamma and beta, [size] each. Units: blocks of 16 columns. */
export function layerNormParametersBackward(
  x: usize,
  statistics: usize,
  gradient: usize,
  gammaGradient: usize,
  betaGradient: usize,
  rows: i32,
  size: i32,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const rowBytes = (<usize>size) << 2;
  const stop = min(size, last * COLUMNS);
  let column = first * COLUMNS;
  for (; column + 4 <= stop; column += 4) {
    const at = (<usize>column) << 2;
    let gammas = v128.load(gammaGradient + at);
    let betas = v128.load(betaGradient + at);
    for (let row = 0; row < rows; row++) {
      const offset = <usize>row * rowBytes + at;
      const own = statistics + ((<usize>row) << 3);
      const centred = f32x4.sub(v128.load(x + offset), v128.load32_splat(own));
      const g = v128.load(gradient + offset);
      gammas = f32x4.add(gammas, f32x4.mul(g, f32x4.mul(centred, v128.load32_splat(own, 4))));
      betas = f32x4.add(betas, g);
    }
    v128.store(gammaGradient + at, gammas);
    v128.store(betaGradient + at, betas);
  }
  for (; column < stop; column++) {
    const at = (<usize>column) << 2;
    let gamma = f32.load(gammaGradient + at);
    let beta = f32.load(betaGradient + at);
    for (let row = 0; row < rows; row++) {
      const offset = <usize>row * rowBytes + at;
      const own = statistics + ((<usize>row) << 3);
      const g = f32.load(gradient + offset);
      gamma += g * ((f32.load(x + offset) - f32.load(own)) * f32.load(own, 4));
      beta += g;
    }
    f32.store(gammaGradient + at, gamma);
    f32.store(betaGradient + at, beta);
  }
}
