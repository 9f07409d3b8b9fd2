// Sums that end in one number, added up in f64.

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

/** out = Σ x, from f64 to f32. One unit. */
export function sum(x: usize, count: i32, out: usize, _scratch: usize, _first: i32, _last: i32): void {
  f32.store(out, <f32>total(x, count));
}

/** out = √ Σ x, from f64 to f32. One unit. */
export function rootOfSum(x: usize, count: i32, out: usize, _scratch: usize, _first: i32, _last: i32): void {
  f32.store(out, <f32>sqrt<f64>(total(x, count)));
}

function total(x: usize, count: i32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) sum += f64.load(x + ((<usize>i) << 3));
  return sum;
}
