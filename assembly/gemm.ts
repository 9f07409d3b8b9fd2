// Matrix multiplication in f32: out[m, n] = inputs[m, k] · weights[n, k]ᵀ (+ bias[n]) (GELU) (+ residual[m, n]).
//
// Both operands are packed, so that the inner loop reads memory in a straight line:
//   inputs   ⌈m/4⌉ panels of [k, 4]: four rows side by side, missing rows anything
//   weights  ⌈n/8⌉ panels of [k, 8]: eight rows (output features) side by side, missing rows zero
//   bias     ⌈n/8⌉ · 8 values, missing ones zero
// The tile is 4 rows × 8 columns with k not unrolled: eight accumulators, two weight vectors and one splat fit the
// sixteen registers of x86-64. Unrolling k spills (half the speed on Node 20 and 22).

import { finishRow } from "./finish";

/** Bytes of `m` packed input rows of `k` values. */
export function packedInputBytes(m: i32, k: i32): i32 {
  return ((m + 3) & ~3) * k * 4;
}

/** Bytes of `n` packed weight rows of `k` values. */
export function packedWeightBytes(n: i32, k: i32): i32 {
  return ((n + 7) & ~7) * k * 4;
}

/** Packs inputs [m, k], whose rows lie `stride` values apart, into panels of four rows. */
export function packInputs(inputs: usize, m: i32, k: i32, stride: i32, packed: usize): void {
  const rowBytes = (<usize>stride) << 2;
  for (let i = 0; i < m; i += 4) {
    // A missing row repeats the first one: its products are never stored, and no branch is needed in the loop.
    const row0 = inputs + <usize>i * rowBytes;
    const row1 = i + 1 < m ? row0 + rowBytes : row0;
    const row2 = i + 2 < m ? row0 + 2 * rowBytes : row0;
    const row3 = i + 3 < m ? row0 + 3 * rowBytes : row0;
    let p = 0;
    for (; p <= k - 4; p += 4) {
      const at = (<usize>p) << 2;
      const a = v128.load(row0 + at);
      const b = v128.load(row1 + at);
      const c = v128.load(row2 + at);
      const d = v128.load(row3 + at);
      const ab01 = i8x16.shuffle(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
      const ab23 = i8x16.shuffle(a, b, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
      const cd01 = i8x16.shuffle(c, d, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
      const cd23 = i8x16.shuffle(c, d, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
      v128.store(packed, i8x16.shuffle(ab01, cd01, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
      v128.store(
        packed,
        i8x16.shuffle(ab01, cd01, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31),
        16,
      );
      v128.store(
        packed,
        i8x16.shuffle(ab23, cd23, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
        32,
      );
      v128.store(
        packed,
        i8x16.shuffle(ab23, cd23, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31),
        48,
      );
      packed += 64;
    }
    for (; p < k; p++) {
      const at = (<usize>p) << 2;
      f32.store(packed, f32.load(row0 + at));
      f32.store(packed, f32.load(row1 + at), 4);
      f32.store(packed, f32.load(row2 + at), 8);
      f32.store(packed, f32.load(row3 + at), 12);
      packed += 16;
    }
  }
}

/** Puts one weight row [k] in its place as row `row` of packed weights, whose memory must start out zero. */
export function packWeightRow(weights: usize, k: i32, row: i32, packed: usize): void {
  let to = packed + <usize>(row >> 3) * k * 32 + ((<usize>(row & 7)) << 2);
  for (let end = weights + ((<usize>k) << 2); weights < end; weights += 4, to += 32) {
    f32.store(to, f32.load(weights));
  }
}

/**
 * The product of packed inputs and packed weights, finished and stored row by row.
 *
 * @param bias packed as above, or 0 for none
 * @param residual [m, n] with the output's stride, added last, or 0 for none; it may be `out` itself
 * @param outStride values from one output row to the next, at least n
 * @param activation `IDENTITY` or `GELU`
 */
export function gemm(
  inputs: usize,
  weights: usize,
  bias: usize,
  residual: usize,
  out: usize,
  m: i32,
  n: i32,
  k: i32,
  outStride: i32,
  activation: i32,
): void {
  const inputPanel = (<usize>k) << 4;
  const weightPanel = (<usize>k) << 5;
  const rowBytes = (<usize>outStride) << 2;
  for (let j = 0; j < n; j += 8) {
    let bias0 = i32x4.splat(0);
    let bias1 = bias0;
    if (bias) {
      bias0 = v128.load(bias + ((<usize>j) << 2));
      bias1 = v128.load(bias + ((<usize>j) << 2), 16);
    }
    const columns = min(8, n - j);
    let a = inputs;
    for (let i = 0; i < m; i += 4) {
      let b = weights;
      let c00 = bias0;
      let c01 = bias1;
      let c10 = bias0;
      let c11 = bias1;
      let c20 = bias0;
      let c21 = bias1;
      let c30 = bias0;
      let c31 = bias1;
      for (const end = a + inputPanel; a < end; a += 16, b += 32) {
        const b0 = v128.load(b);
        const b1 = v128.load(b, 16);
        const a0 = v128.load32_splat(a);
        c00 = f32x4.add(c00, f32x4.mul(a0, b0));
        c01 = f32x4.add(c01, f32x4.mul(a0, b1));
        const a1 = v128.load32_splat(a, 4);
        c10 = f32x4.add(c10, f32x4.mul(a1, b0));
        c11 = f32x4.add(c11, f32x4.mul(a1, b1));
        const a2 = v128.load32_splat(a, 8);
        c20 = f32x4.add(c20, f32x4.mul(a2, b0));
        c21 = f32x4.add(c21, f32x4.mul(a2, b1));
        const a3 = v128.load32_splat(a, 12);
        c30 = f32x4.add(c30, f32x4.mul(a3, b0));
        c31 = f32x4.add(c31, f32x4.mul(a3, b1));
      }
      const rows = m - i;
      const offset = <usize>i * rowBytes + ((<usize>j) << 2);
      const to = out + offset;
      const also = residual ? residual + offset : 0;
      const step = residual ? rowBytes : 0;
      finishRow(c00, c01, to, also, columns, activation);
      if (rows > 1) finishRow(c10, c11, to + rowBytes, also + step, columns, activation);
      if (rows > 2) finishRow(c20, c21, to + 2 * rowBytes, also + 2 * step, columns, activation);
      if (rows > 3) finishRow(c30, c31, to + 3 * rowBytes, also + 3 * step, columns, activation);
    }
    weights += weightPanel;
  }
}
