// Rows of floats as integers of a range of their own, four rows side by side as the integer products read them.
//
// Rounding is to the nearest, ties to even: 1.5 · 2²³ added to a float of less than 2²² leaves the rounded integer in
// its lowest bits.

import { maxLanes } from "./math";

export const ROUND = memory.data<f32>([12582912]); // 1.5 · 2²³
const ROUND_BITS = memory.data<i32>([0x4b400000]); // the same, as bits
export const MAGNITUDE = memory.data<i32>([0x7fffffff]); // all bits but the sign

/** Rows whose largest value is below this pass for zero: the inverse of their scale could overflow. */
const SMALLEST: f32 = 1e-30;

/** The first `count` floats at an address, at most four, then zeros. */
export function loadUpTo4(address: usize, count: i32): v128 {
  if (count >= 4) return v128.load(address);
  if (count <= 0) return i32x4.splat(0);
  if (count === 1) return v128.load32_zero(address);
  const pair = v128.load64_zero(address);
  return count === 2 ? pair : v128.load32_lane(address, pair, 2, 8);
}

/** The largest of four lanes, each non-negative or NaN: compared as bits, NaN is larger than infinity. */
export function largestBits(x: v128): f32 {
  x = i32x4.max_s(x, i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return reinterpret<f32>(max(i32x4.extract_lane(x, 0), i32x4.extract_lane(x, 1)));
}

/** The largest |x| of a row of k values; NaN where there is one. */
export function largestMagnitude(row: usize, k: i32): f32 {
  const magnitude = v128.load32_splat(MAGNITUDE);
  const wide = row + ((<usize>(k & ~3)) << 2);
  let largest = i32x4.splat(0);
  for (; row < wide; row += 16) largest = i32x4.max_s(largest, v128.and(v128.load(row), magnitude));
  if (k & 3) largest = i32x4.max_s(largest, v128.and(loadUpTo4(row, k & 3), magnitude));
  return largestBits(largest);
}

/** Four floats of less than 2²² as int32. */
export function round(x: v128): v128 {
  return i32x4.sub(f32x4.add(x, v128.load32_splat(ROUND)), v128.load32_splat(ROUND_BITS));
}

/** Four floats of each of two rows as int16, side by side. */
function roundPair(a: v128, b: v128, factorA: v128, factorB: v128, shiftA: v128, shiftB: v128): v128 {
  const bits = v128.load32_splat(ROUND_BITS);
  return i16x8.narrow_i32x4_s(
    i32x4.sub(f32x4.add(f32x4.mul(a, factorA), shiftA), bits),
    i32x4.sub(f32x4.add(f32x4.mul(b, factorB), shiftB), bits),
  );
}

/**
 * Quantizes four rows of k floats symmetrically to −limit … limit. Of the rows only the first `rows` exist; the others
 * repeat the first, and their results mean nothing.
 *
 * @param rowBytes from one row to the next
 * @param out [⌈k/2⌉, 4, 2] i16, an odd k padded with zero; a step of `step` bytes from one four pairs to the next
 * @param scales [4] f32: what one unit of each row stands for
 */
export function quantizeRowsInt16(
  row0: usize,
  rows: i32,
  k: i32,
  rowBytes: usize,
  limit: i32,
  out: usize,
  step: usize,
  scales: usize,
): void {
  const row1 = rows > 1 ? row0 + rowBytes : row0;
  const row2 = rows > 2 ? row0 + 2 * rowBytes : row0;
  const row3 = rows > 3 ? row0 + 3 * rowBytes : row0;
  const inverse0 = inverseScale(largestMagnitude(row0, k), limit, scales);
  const inverse1 = inverseScale(largestMagnitude(row1, k), limit, scales + 4);
  const inverse2 = inverseScale(largestMagnitude(row2, k), limit, scales + 8);
  const inverse3 = inverseScale(largestMagnitude(row3, k), limit, scales + 12);
  roundRowsInt16(row0, row1, row2, row3, k, inverse0, inverse1, inverse2, inverse3, out, step);
}

/** Stores four rows of k floats, each times its factor and rounded, as {@link quantizeRowsInt16} has them. */
export function roundRowsInt16(
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  k: i32,
  factor0: f32,
  factor1: f32,
  factor2: f32,
  factor3: f32,
  out: usize,
  step: usize,
): void {
  const factors0 = f32x4.splat(factor0);
  const factors1 = f32x4.splat(factor1);
  const factors2 = f32x4.splat(factor2);
  const factors3 = f32x4.splat(factor3);
  const shift = v128.load32_splat(ROUND);
  const wide = (<usize>(k & ~3)) << 2;
  for (let at: usize = 0; at < wide; at += 16, out += 2 * step) {
    const low = roundPair(v128.load(row0 + at), v128.load(row1 + at), factors0, factors1, shift, shift);
    const high = roundPair(v128.load(row2 + at), v128.load(row3 + at), factors2, factors3, shift, shift);
    v128.store(out, i32x4.shuffle(low, high, 0, 2, 4, 6));
    v128.store(out + step, i32x4.shuffle(low, high, 1, 3, 5, 7));
  }
  const few = k & 3;
  if (few) {
    const low = roundPair(
      loadUpTo4(row0 + wide, few),
      loadUpTo4(row1 + wide, few),
      factors0,
      factors1,
      shift,
      shift,
    );
    const high = roundPair(
      loadUpTo4(row2 + wide, few),
      loadUpTo4(row3 + wide, few),
      factors2,
      factors3,
      shift,
      shift,
    );
    v128.store(out, i32x4.shuffle(low, high, 0, 2, 4, 6));
    if (few === 3) v128.store(out + step, i32x4.shuffle(low, high, 1, 3, 5, 7));
  }
}

/** Stores what one unit stands for where `limit` units are the largest value, and returns the inverse of that. */
export function inverseScale(largest: f32, limit: i32, scale: usize): f32 {
  const vanishes = largest < SMALLEST;
  f32.store(scale, vanishes ? 0 : largest / <f32>limit);
  return vanishes ? 0 : <f32>limit / largest;
}

/**
 * Quantizes a row of k floats to 0 … 127, where the row's zero point stands for 0.
 *
 * @param out [⌈k/4⌉, 4] u8; what pads k lies in 0 … 127; a step of `step` bytes from one four to the next
 * @param scale f32: what one unit stands for
 * @param zero i32: the zero point
 */
export function quantizeRowUnsigned(
  row: usize,
  k: i32,
  out: usize,
  step: usize,
  scale: usize,
  zero: usize,
): void {
  const factor = f32x4.splat(inverseUnsignedScale(row, k, scale, zero));
  const shift = i32x4.splat(i32.load(ROUND_BITS) + i32.load(zero));
  for (; k >= 16; k -= 16, row += 64, out += 4 * step) {
    const low = roundPair(v128.load(row), v128.load(row, 16), factor, factor, shift, shift);
    const high = roundPair(v128.load(row, 32), v128.load(row, 48), factor, factor, shift, shift);
    const bytes = toUnsigned(low, high);
    v128.store32_lane(out, bytes, 0);
    v128.store32_lane(out + step, bytes, 1);
    v128.store32_lane(out + 2 * step, bytes, 2);
    v128.store32_lane(out + 3 * step, bytes, 3);
  }
  for (; k > 0; k -= 4, row += 16, out += step) {
    const x = loadUpTo4(row, k);
    const pair = roundPair(x, x, factor, factor, shift, shift);
    v128.store32_lane(out, toUnsigned(pair, pair), 0);
  }
}

/** Sixteen int16 as bytes of 0 … 127: rounding may have gone one beyond, and NaN anywhere. */
function toUnsigned(low: v128, high: v128): v128 {
  return i8x16.max_s(i8x16.narrow_i16x8_s(low, high), i32x4.splat(0));
}

/** Stores a row's scale and zero point, and returns the scale's inverse. */
function inverseUnsignedScale(row: usize, k: i32, scale: usize, zero: usize): f32 {
  const nothing = i32x4.splat(0);
  let lowest = nothing;
  let highest = nothing;
  let notFinite = nothing; // x · 0 is NaN for the x that pmin and pmax may pass over
  for (; k >= 16; k -= 16, row += 64) {
    const a = v128.load(row);
    const b = v128.load(row, 16);
    const c = v128.load(row, 32);
    const d = v128.load(row, 48);
    lowest = f32x4.pmin(lowest, f32x4.pmin(f32x4.pmin(a, b), f32x4.pmin(c, d)));
    highest = f32x4.pmax(highest, f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d)));
    const ab = f32x4.add(f32x4.mul(a, nothing), f32x4.mul(b, nothing));
    const cd = f32x4.add(f32x4.mul(c, nothing), f32x4.mul(d, nothing));
    notFinite = f32x4.add(notFinite, f32x4.add(ab, cd));
  }
  for (; k > 0; k -= 4, row += 16) {
    const x = loadUpTo4(row, k);
    lowest = f32x4.pmin(lowest, x);
    highest = f32x4.pmax(highest, x);
    notFinite = f32x4.add(notFinite, f32x4.mul(x, nothing));
  }
  highest = f32x4.add(highest, notFinite);
  const least = -maxLanes(f32x4.neg(lowest));
  const range = maxLanes(highest) - least;
  if (range < SMALLEST) {
    f32.store(scale, 0);
    i32.store(zero, 0);
    return 0;
  }
  const inverse: f32 = 127 / range;
  const shift: f32 = f32.load(ROUND) - least * inverse;
  f32.store(scale, range / 127);
  i32.store(zero, reinterpret<i32>(shift) - i32.load(ROUND_BITS));
  return inverse;
}
