// How a row of a product's tile becomes output: activation, residual, store. Shared by the float and the integer product.

import { activate, GELU, IDENTITY } from "./activation";
import { gelu } from "./math";

/**
 * Stores eight columns, or the first `columns` of them, at `out`.
 *
 * @param residual address of the values to add last, or 0 for none; it may be `out`
 */
export function finishRow(
  low: v128,
  high: v128,
  out: usize,
  residual: usize,
  columns: i32,
  activation: i32,
): void {
  if (activation === GELU) {
    low = gelu(low);
    high = gelu(high);
  } else if (activation !== IDENTITY) {
    low = activate(low, activation);
    high = activate(high, activation);
  }
  if (columns === 8) {
    if (residual) {
      low = f32x4.add(low, v128.load(residual));
      high = f32x4.add(high, v128.load(residual, 16));
    }
    v128.store(out, low);
    v128.store(out, high, 16);
  } else {
    finishRaggedRow(low, high, out, residual, columns);
  }
}

function finishRaggedRow(low: v128, high: v128, out: usize, residual: usize, columns: i32): void {
  if (columns & 4) {
    if (residual) {
      low = f32x4.add(low, v128.load(residual));
      residual += 16;
    }
    v128.store(out, low);
    low = high;
    out += 16;
  }
  if (columns & 2) {
    if (residual) {
      low = f32x4.add(low, v128.load64_zero(residual));
      residual += 8;
    }
    v128.store64_lane(out, low, 0);
    low = i8x16.shuffle(low, low, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
    out += 8;
  }
  if (columns & 1) {
    if (residual) low = f32x4.add(low, v128.load32_zero(residual));
    v128.store32_lane(out, low, 0);
  }
}
