// Softmax over the rows of a matrix.

import { exp, maxLanes, sumLanes } from "./math";

/**
 * Replaces each row of x [rows, columns] by softmax(scale · row); rows lie `stride` values apart and what lies between
 * them is left alone. Scale must be positive. A row of −∞ alone becomes NaN, as in torch.
 */
export function softmax(x: usize, rows: i32, columns: i32, stride: i32, scale: f32): void {
  const wide = (<usize>(columns & ~3)) << 2;
  const end = (<usize>columns) << 2;
  for (let row = 0; row < rows; row++, x += (<usize>stride) << 2) {
    let peaks = f32x4.splat(-Infinity);
    for (let at: usize = 0; at < wide; at += 16) peaks = f32x4.pmax(peaks, v128.load(x + at));
    let peak = maxLanes(peaks);
    for (let at = wide; at < end; at += 4) peak = max<f32>(peak, f32.load(x + at));

    const shift = f32x4.splat(peak);
    const scales = f32x4.splat(scale);
    let sums = f32x4.splat(0);
    for (let at: usize = 0; at < wide; at += 16) {
      const e = exp(f32x4.mul(f32x4.sub(v128.load(x + at), shift), scales));
      v128.store(x + at, e);
      sums = f32x4.add(sums, e);
    }
    let sum = sumLanes(sums);
    for (let at = wide; at < end; at += 4) {
      const e = f32x4.extract_lane(exp(f32x4.splat((f32.load(x + at) - peak) * scale)), 0);
      f32.store(x + at, e);
      sum += e;
    }

    const share = f32x4.splat(1 / sum);
    for (let at: usize = 0; at < wide; at += 16) v128.store(x + at, f32x4.mul(v128.load(x + at), share));
    for (let at = wide; at < end; at += 4) f32.store(x + at, f32.load(x + at) / sum);
  }
}

/** Values from one row of scores to the next: a whole number of output tiles. */
export function scoreStride(columns: i32): i32 {
  return (columns + 7) & ~7;
}

/** The largest value of a row, whose length is rounded up to a multiple of eight by −∞. */
export function padAndFindPeak(row: usize, columns: i32): v128 {
  for (let column = columns; column & 7; column++) f32.store(row + ((<usize>column) << 2), -Infinity);
  let peaks = f32x4.splat(-Infinity);
  for (const end = row + ((<usize>columns) << 2); row < end; row += 32) {
    peaks = f32x4.pmax(peaks, f32x4.pmax(v128.load(row), v128.load(row, 16)));
  }
  return f32x4.splat(maxLanes(peaks));
}

/**
 * Replaces each row of x [rows, columns] by e^(scale · (x − the row's largest)): softmax but for the division by the rows' sums.
 *
 * @param stride values from one row to the next, at least {@link scoreStride} of the columns; all of these may be written
 * @param sums [rows]
 */
export function exponentials(x: usize, rows: i32, columns: i32, stride: i32, scale: f32, sums: usize): void {
  const rowBytes = (<usize>stride) << 2;
  const scales = f32x4.splat(scale);
  for (const last = sums + ((<usize>rows) << 2); sums < last; sums += 4, x += rowBytes) {
    const peak = padAndFindPeak(x, columns);
    let sum = f32x4.splat(0);
    const end = x + ((<usize>columns) << 2);
    for (let at = x; at < end; at += 16) {
      const e = exp(f32x4.mul(f32x4.sub(v128.load(at), peak), scales));
      v128.store(at, e);
      sum = f32x4.add(sum, e);
    }
    f32.store(sums, sumLanes(sum));
  }
}
