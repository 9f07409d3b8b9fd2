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

/** Whether all of `count` floats lie from `lowest` to `highest`: NaN does not. */
export function areWithin(values: usize, count: i32, lowest: f32, highest: f32): bool {
  const end = values + ((<usize>count) << 2);
  const least = f32x4.splat(lowest);
  const most = f32x4.splat(highest);
  let right = i32x4.splat(-1);
  for (; values + 16 <= end; values += 16) {
    const x = v128.load(values);
    right = v128.and(right, v128.and(f32x4.ge(x, least), f32x4.le(x, most)));
  }
  for (; values < end; values += 4) {
    const x = v128.load32_splat(values);
    right = v128.and(right, v128.and(f32x4.ge(x, least), f32x4.le(x, most)));
  }
  return i32x4.all_true(right);
}
