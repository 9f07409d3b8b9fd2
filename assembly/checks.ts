// Values that a model file may not hold, looked for where the file's bytes have been put.

/** Whether one of `count` int8 is −128. */
export function includesLowestInt8(values: usize, count: i32): bool {
  const end = values + count;
  let smallest = i8x16.splat(0);
  for (; values + 64 <= end; values += 64) {
    const low = i8x16.min_s(v128.load(values), v128.load(values, 16));
    const high = i8x16.min_s(v128.load(values, 32), v128.load(values, 48));
    smallest = i8x16.min_s(smallest, i8x16.min_s(low, high));
  }
  for (; values < end; values++) smallest = i8x16.min_s(smallest, v128.load8_splat(values));
  return v128.any_true(i8x16.eq(smallest, i8x16.splat(-128)));
}

/** Whether all of `count` floats are above zero and finite. */
export function arePositive(values: usize, count: i32): bool {
  const end = values + ((<usize>count) << 2);
  const zero = f32x4.splat(0);
  const infinity = f32x4.splat(Infinity);
  let right = i32x4.splat(-1);
  for (; values + 16 <= end; values += 16) {
    const x = v128.load(values);
    right = v128.and(right, v128.and(f32x4.gt(x, zero), f32x4.lt(x, infinity)));
  }
  for (; values < end; values += 4) {
    const x = v128.load32_splat(values);
    right = v128.and(right, v128.and(f32x4.gt(x, zero), f32x4.lt(x, infinity)));
  }
  return i32x4.all_true(right);
}
