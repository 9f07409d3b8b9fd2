// ELECTRA's corruption (Clark et al. 2020, section 2): tokens drawn from the generator take the place of the masked ones.

import { LANES, mixLanes, stream } from "./random";

const CONSTANTS = memory.data<f32>([
  0.5,
  1.1920928955078125e-7, // 2⁻²³
  0.08700368066, // log(1 + f) = f − f² / 2 + f³ · P(f); P from f⁶ on, this project's own minimax fit
  -0.1426748928,
  0.1491478999,
  -0.1657758465,
  0.1996306192,
  -0.2500133705,
  0.3333391078,
  1.0,
  0.693359375, // ln 2 in two parts; the first has few enough bits that n · part is exact
  -2.1219444e-4,
]);
const BITS = memory.data<i32>([0x3f3504f3]); // of √½, which the mantissa starts from

/** log x of normal floats above 0. Relative error at most 1e-7. */
function log(x: v128): v128 {
  const exponent = i32x4.shr_s(i32x4.sub(x, v128.load32_splat(BITS)), 23);
  const n = f32x4.convert_i32x4_s(exponent);
  const f = f32x4.sub(i32x4.sub(x, i32x4.shl(exponent, 23)), v128.load32_splat(CONSTANTS, 36));
  let p = v128.load32_splat(CONSTANTS, 8);
  p = f32x4.add(f32x4.mul(p, f), v128.load32_splat(CONSTANTS, 12));
  p = f32x4.add(f32x4.mul(p, f), v128.load32_splat(CONSTANTS, 16));
  p = f32x4.add(f32x4.mul(p, f), v128.load32_splat(CONSTANTS, 20));
  p = f32x4.add(f32x4.mul(p, f), v128.load32_splat(CONSTANTS, 24));
  p = f32x4.add(f32x4.mul(p, f), v128.load32_splat(CONSTANTS, 28));
  p = f32x4.add(f32x4.mul(p, f), v128.load32_splat(CONSTANTS, 32));
  const squares = f32x4.mul(f, f);
  p = f32x4.add(f32x4.mul(f32x4.mul(p, f), squares), f32x4.mul(n, v128.load32_splat(CONSTANTS, 44)));
  p = f32x4.add(f32x4.sub(p, f32x4.mul(squares, v128.load32_splat(CONSTANTS))), f);
  return f32x4.add(p, f32x4.mul(n, v128.load32_splat(CONSTANTS, 40)));
}

/** −log(−log u), u drawn from the middles of 2²³ equal parts between 0 and 1: it meets neither end. */
function gumbel(draws: v128, index: v128): v128 {
  const parts = f32x4.convert_i32x4_s(i32x4.shr_u(mixLanes(v128.xor(draws, index)), 9));
  const u = f32x4.mul(f32x4.add(parts, v128.load32_splat(CONSTANTS)), v128.load32_splat(CONSTANTS, 4));
  return f32x4.neg(log(f32x4.neg(log(u))));
}

/**
 * ids[row] = a column drawn from softmax(logits[row]): the first that has the largest logit once each has got noise of
 * the Gumbel distribution (Gumbel 1954), drawn by the value's index. Units: rows.
 *
 * @param logits [rows, columns]
 * @param ids i32 [rows]; 0 where a row is all NaN or −∞
 */
export function sample(
  logits: usize,
  ids: usize,
  _rows: i32,
  columns: i32,
  seed: u32,
  site: u32,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const draws = i32x4.splat(stream(seed, site));
  const lanes = v128.load(LANES);
  const wide = columns & ~3;
  for (let row = first; row < last; row++) {
    const x = logits + ((<usize>(row * columns)) << 2);
    const start = i32x4.splat(row * columns);
    let peaks = f32x4.splat(-Infinity);
    let winners = i32x4.splat(0);
    for (let column = 0; column < wide; column += 4) {
      const here = i32x4.add(i32x4.splat(column), lanes);
      const noisy = f32x4.add(v128.load(x + ((<usize>column) << 2)), gumbel(draws, i32x4.add(start, here)));
      const higher = f32x4.gt(noisy, peaks);
      peaks = v128.bitselect(noisy, peaks, higher);
      winners = v128.bitselect(here, winners, higher);
    }
    let peak = f32x4.extract_lane(peaks, 0);
    let winner = i32x4.extract_lane(winners, 0);
    for (let lane = 1; lane < 4; lane++) {
      peaks = i8x16.shuffle(peaks, peaks, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3);
      winners = i8x16.shuffle(winners, winners, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3);
      const other = f32x4.extract_lane(peaks, 0);
      const at = i32x4.extract_lane(winners, 0);
      if (other > peak || (other === peak && at < winner)) {
        peak = other;
        winner = at;
      }
    }
    for (let column = wide; column < columns; column++) {
      const noise = gumbel(draws, i32x4.splat(row * columns + column));
      const noisy = f32.load(x + ((<usize>column) << 2)) + f32x4.extract_lane(noise, 0);
      if (noisy > peak) {
        peak = noisy;
        winner = column;
      }
    }
    i32.store(ids + ((<usize>row) << 2), winner);
  }
}

/**
 * inputIds[positions[i]] = tokens[i], and labels[positions[i]] = 1, or 0 where that is the token which stood there.
 * Units: positions, all different.
 *
 * @param inputIds i32, as `labels`: the original tokens
 */
export function replaceTokens(
  positions: usize,
  tokens: usize,
  inputIds: usize,
  labels: usize,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  for (let i = first; i < last; i++) {
    const at = (<usize>i32.load(positions + ((<usize>i) << 2))) << 2;
    const token = i32.load(tokens + ((<usize>i) << 2));
    i32.store(labels + at, i32(token !== i32.load(inputIds + at)));
    i32.store(inputIds + at, token);
  }
}
