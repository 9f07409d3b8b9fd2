// int8 weights in panels, as the products of integers read them: values that a file holds, or floats that are quantized on
// the way.
//
// With GROUP = 2 (plain) or 4 (relaxed) values of a row side by side, k padded with zeros:
//   ⌈n/8⌉ panels: f32 scales [8], i32 row sums [8], [⌈k/GROUP⌉, 8, GROUP] i8

import { packRows } from "./gemm";
import { inverseScale, largestMagnitude, loadUpTo4, MAGNITUDE, round } from "./quantize";

const GROUP: i32 = ASC_FEATURE_RELAXED_SIMD ? 4 : 2;
export const WEIGHT_HEADER: usize = 64;
export const LARGEST_WEIGHT: i32 = 127;

/** How many groups a row of k values takes. */
export function groupsOf(k: i32): i32 {
  return (k + GROUP - 1) / GROUP;
}

export function weightPanelBytes(k: i32): usize {
  return WEIGHT_HEADER + <usize>(groupsOf(k) * GROUP * 8);
}

/** Bytes of `n` packed int8 weight rows of `k` values, scales included. */
export function packedInt8WeightBytes(n: i32, k: i32): i32 {
  return ((n + 7) >> 3) * <i32>weightPanelBytes(k);
}

/**
 * Puts weight rows [rows, k], values of −127 … 127, in their places as rows `firstRow` and on of packed weights, whose
 * memory must start out zero.
 */
export function packInt8WeightRows(weights: usize, rows: i32, k: i32, firstRow: i32, packed: usize): void {
  for (const end = firstRow + rows; firstRow < end; ) {
    const panel = packed + <usize>(firstRow >> 3) * weightPanelBytes(k);
    if ((firstRow & 7) === 0 && end - firstRow >= 8) {
      packPanel(weights, k, panel);
      firstRow += 8;
      weights += (<usize>k) << 3;
    } else {
      packValues(weights, 0, k, firstRow & 7, panel);
      firstRow++;
      weights += k;
    }
  }
}

/** The scales [rows] of the same rows: what one unit of a row's values stands for. */
export function packInt8WeightScales(scales: usize, rows: i32, k: i32, firstRow: i32, packed: usize): void {
  for (const end = firstRow + rows; firstRow < end; firstRow++, scales += 4) {
    const panel = packed + <usize>(firstRow >> 3) * weightPanelBytes(k);
    f32.store(panel + ((<usize>(firstRow & 7)) << 2), f32.load(scales));
  }
}

/** Eight rows at once: four values of each at a time, which plain SIMD then wants as two pairs. */
function packPanel(weights: usize, k: i32, panel: usize): void {
  const words = k >> 2;
  const first = panel + WEIGHT_HEADER;
  packRows(weights, 4, words, k, first, 32);
  packRows(weights + ((<usize>k) << 2), 4, words, k, first + 16, 32);
  const end = first + ((<usize>words) << 5);
  if (ASC_FEATURE_RELAXED_SIMD) {
    let low = i32x4.splat(0);
    let high = low;
    for (let at = first; at < end; at += 32) {
      low = i32x4.add(low, sumsOfFour(v128.load(at)));
      high = i32x4.add(high, sumsOfFour(v128.load(at, 16)));
    }
    v128.store(panel, low, 32);
    v128.store(panel, high, 48);
  } else {
    for (let at = first; at < end; at += 32) {
      const low = v128.load(at);
      const high = v128.load(at, 16);
      v128.store(at, i16x8.shuffle(low, high, 0, 2, 4, 6, 8, 10, 12, 14));
      v128.store(at, i16x8.shuffle(low, high, 1, 3, 5, 7, 9, 11, 13, 15), 16);
    }
  }
  if (k & 3) {
    const wide = k & ~3;
    for (let row = 0; row < 8; row++) packValues(weights + <usize>(row * k), wide, k, row, panel);
  }
}

/** The sum of each four of sixteen int8. */
function sumsOfFour(bytes: v128): v128 {
  return i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(bytes));
}

/** The values from `first` up to but without `k` of a row, which is row `row` of its panel, one by one. */
function packValues(weights: usize, first: i32, k: i32, row: i32, panel: usize): void {
  const to = panel + WEIGHT_HEADER + <usize>(row * GROUP);
  let sum = 0;
  for (let i = first; i < k; i++) {
    const value = i32.load8_s(weights + i);
    sum += value;
    i32.store8(to + <usize>((i & -GROUP) * 8 + (i & (GROUP - 1))), value);
  }
  if (ASC_FEATURE_RELAXED_SIMD) {
    const at = panel + 32 + ((<usize>row) << 2);
    i32.store(at, i32.load(at) + sum);
  }
}

/** Sixteen floats of at most ±127 as int8. */
function roundToBytes(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(round(a), round(b)),
    i16x8.narrow_i32x4_s(round(c), round(d)),
  );
}

/**
 * Packs floats [n, k], whose rows lie `rowBytes` apart, as weights, each row to its own range. In the relaxed binary alone,
 * where four values are a group.
 */
export function packFloatRows(x: usize, n: i32, k: i32, rowBytes: usize, packed: usize): void {
  for (let first = 0; first < n; first += 4, x += 4 * rowBytes) {
    const header = packed + <usize>(first >> 3) * weightPanelBytes(k) + ((<usize>(first & 4)) << 2);
    const factors = header + 32; // the sums' place, until there are some
    const rows = n - first;
    for (let row = 0; row < 4; row++) {
      const at = (<usize>row) << 2;
      const largest: f32 = row < rows ? largestMagnitude(x + <usize>row * rowBytes, k) : 0;
      f32.store(factors + at, inverseScale(largest, LARGEST_WEIGHT, header + at));
    }
    let sums = i32x4.splat(0);
    let to = header + WEIGHT_HEADER;
    let from = x;
    for (let left = k; left > 0; left -= 4, from += 16, to += 32) {
      const bytes = roundToBytes(
        f32x4.mul(loadUpTo4(from, left), v128.load32_splat(factors)),
        f32x4.mul(loadUpTo4(from + rowBytes, rows > 1 ? left : 0), v128.load32_splat(factors, 4)),
        f32x4.mul(loadUpTo4(from + 2 * rowBytes, rows > 2 ? left : 0), v128.load32_splat(factors, 8)),
        f32x4.mul(loadUpTo4(from + 3 * rowBytes, rows > 3 ? left : 0), v128.load32_splat(factors, 12)),
      );
      v128.store(to, bytes);
      sums = i32x4.add(sums, sumsOfFour(bytes));
    }
    v128.store(header, sums, 32);
  }
}

/** The same for floats [k, n], whose columns become the rows of weights. */
export function packFloatColumns(x: usize, k: i32, n: i32, rowBytes: usize, packed: usize): void {
  const magnitude = v128.load32_splat(MAGNITUDE);
  for (let first = 0; first < n; first += 4, x += 16) {
    const header = packed + <usize>(first >> 3) * weightPanelBytes(k) + ((<usize>(first & 4)) << 2);
    const columns = n - first;
    let largest = i32x4.splat(0);
    for (let row = 0, from = x; row < k; row++, from += rowBytes) {
      largest = i32x4.max_s(largest, v128.and(loadUpTo4(from, columns), magnitude));
    }
    v128.store(header, largest, 32); // the sums' place, until there are some
    for (let lane = header; lane < header + 16; lane += 4) {
      f32.store(lane + 32, inverseScale(f32.load(lane, 32), LARGEST_WEIGHT, lane));
    }
    const factors = v128.load(header, 32);
    let sums = i32x4.splat(0);
    let to = header + WEIGHT_HEADER;
    let from = x;
    for (let left = k; left > 0; left -= 4, from += 4 * rowBytes, to += 32) {
      const rows = roundToBytes(
        f32x4.mul(loadUpTo4(from, columns), factors),
        f32x4.mul(loadUpTo4(from + rowBytes, left > 1 ? columns : 0), factors),
        f32x4.mul(loadUpTo4(from + 2 * rowBytes, left > 2 ? columns : 0), factors),
        f32x4.mul(loadUpTo4(from + 3 * rowBytes, left > 3 ? columns : 0), factors),
      );
      const bytes = i8x16.shuffle(rows, rows, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
      v128.store(to, bytes);
      sums = i32x4.add(sums, sumsOfFour(bytes));
    }
    v128.store(header, sums, 32);
  }
}
