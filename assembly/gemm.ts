// Matrix multiplication in f32: out[m, n] = inputs[m, k] · weights[n, k]ᵀ (+ bias[n]) (GELU) (+ residual[m, n]).
//
// Both operands are packed, so that the inner loop reads memory in a straight line:
//   inputs   ⌈m/ROWS⌉ panels of [k, ROWS]: rows side by side, missing rows anything
//   weights  ⌈n/8⌉ panels of [k, 8]: eight rows (output features) side by side, missing rows zero
//   bias     ⌈n/8⌉ · 8 values, missing ones zero
// The tile is 8 columns wide and k is not unrolled, which engines do themselves: unrolled here it spills. With 4 rows a
// multiplication and an addition keep every unit busy; a fused multiply-add takes twice as long to come back as it
// takes to start, so that there 6 rows, twelve sums in flight, are a sixth faster than 4. Fourteen or fifteen registers
// either way, of the fifteen that engines leave us on x86-64. A panel of one or two rows, as a product with one row of
// inputs has, is worked on two rows at a time.

import { blockRows } from "./blocks";
import { finishRow } from "./finish";
import { multiplyAdd } from "./math";

/** Input rows of a panel. */
export const ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;

/** Bytes of `m` packed input rows of `k` values. */
export function packedInputBytes(m: i32, k: i32): i32 {
  return ((m + ROWS - 1) / ROWS) * ROWS * k * 4;
}

/** Bytes of `n` packed weight rows of `k` values. */
export function packedWeightBytes(n: i32, k: i32): i32 {
  return ((n + 7) & ~7) * k * 4;
}

/** Packs inputs [m, k], whose rows lie `stride` values apart, into panels. */
export function packInputs(inputs: usize, m: i32, k: i32, stride: i32, packed: usize): void {
  const rowBytes = (<usize>stride) << 2;
  for (let i = 0; i < m; i += ROWS) {
    packRows(inputs, min(4, m - i), k, rowBytes, packed, ROWS * 4);
    if (ROWS === 6 && m - i > 4) {
      packTwoRows(inputs + 4 * rowBytes, min(2, m - i - 4), k, rowBytes, packed + 16, ROWS * 4);
    }
    inputs += <usize>ROWS * rowBytes;
    packed += (<usize>(k * ROWS)) << 2;
  }
}

/**
 * Interleaves four rows of k values: `packed` gets the first value of each, a step of `step` bytes on the second of
 * each, and so on. Of the rows only the first `rows` exist; the first one stands in for the others, which keeps the
 * product's loop free of branches: what it makes of them is never stored.
 *
 * @param rowBytes from one row to the next
 */
export function packRows(row0: usize, rows: i32, k: i32, rowBytes: usize, packed: usize, step: usize): void {
  const row1 = rows > 1 ? row0 + rowBytes : row0;
  const row2 = rows > 2 ? row0 + 2 * rowBytes : row0;
  const row3 = rows > 3 ? row0 + 3 * rowBytes : row0;
  const wide = (<usize>(k & ~3)) << 2;
  const end = (<usize>k) << 2;
  let at: usize = 0;
  for (; at < wide; at += 16, packed += 4 * step) {
    const a = v128.load(row0 + at);
    const b = v128.load(row1 + at);
    const c = v128.load(row2 + at);
    const d = v128.load(row3 + at);
    const ab01 = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const ab23 = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const cd01 = i32x4.shuffle(c, d, 0, 4, 1, 5);
    const cd23 = i32x4.shuffle(c, d, 2, 6, 3, 7);
    v128.store(packed, i32x4.shuffle(ab01, cd01, 0, 1, 4, 5));
    v128.store(packed + step, i32x4.shuffle(ab01, cd01, 2, 3, 6, 7));
    v128.store(packed + 2 * step, i32x4.shuffle(ab23, cd23, 0, 1, 4, 5));
    v128.store(packed + 3 * step, i32x4.shuffle(ab23, cd23, 2, 3, 6, 7));
  }
  for (; at < end; at += 4, packed += step) {
    f32.store(packed, f32.load(row0 + at));
    f32.store(packed, f32.load(row1 + at), 4);
    f32.store(packed, f32.load(row2 + at), 8);
    f32.store(packed, f32.load(row3 + at), 12);
  }
}

/** As {@link packRows}, two rows. */
function packTwoRows(row0: usize, rows: i32, k: i32, rowBytes: usize, packed: usize, step: usize): void {
  const row1 = rows > 1 ? row0 + rowBytes : row0;
  const wide = (<usize>(k & ~3)) << 2;
  const end = (<usize>k) << 2;
  let at: usize = 0;
  for (; at < wide; at += 16, packed += 4 * step) {
    const a = v128.load(row0 + at);
    const b = v128.load(row1 + at);
    const ab01 = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const ab23 = i32x4.shuffle(a, b, 2, 6, 3, 7);
    v128.store64_lane(packed, ab01, 0);
    v128.store64_lane(packed + step, ab01, 1);
    v128.store64_lane(packed + 2 * step, ab23, 0);
    v128.store64_lane(packed + 3 * step, ab23, 1);
  }
  for (; at < end; at += 4, packed += step) {
    f32.store(packed, f32.load(row0 + at));
    f32.store(packed, f32.load(row1 + at), 4);
  }
}

/** Puts one weight row [k] in its place as row `row` of packed weights, whose memory must start out zero. */
export function packWeightRow(weights: usize, k: i32, row: i32, packed: usize): void {
  let to = packed + <usize>(row >> 3) * k * 32 + ((<usize>(row & 7)) << 2);
  for (let end = weights + ((<usize>k) << 2); weights < end; weights += 4, to += 32) {
    f32.store(to, f32.load(weights));
  }
}

/** Packs weights [n, k], whose rows lie `rowBytes` apart. What stands for rows that are missing is never stored. */
export function packWeightRows(weights: usize, n: i32, k: i32, rowBytes: usize, packed: usize): void {
  for (let row = 0; row < n; row += 4, weights += 4 * rowBytes) {
    const panel = packed + ((<usize>((row >> 3) * k)) << 5);
    packRows(weights, min(4, n - row), k, rowBytes, panel + ((<usize>(row & 4)) << 2), 32);
  }
}

/** Packs weights that lie transposed, [k, n], their rows `rowBytes` apart. */
export function packWeightColumns(weights: usize, n: i32, k: i32, rowBytes: usize, packed: usize): void {
  for (let column = 0; column < n; column += 8) {
    const columns = min(8, n - column);
    let from = weights + ((<usize>column) << 2);
    if (columns === 8) {
      for (let i = 0; i < k; i++, from += rowBytes, packed += 32) {
        v128.store(packed, v128.load(from));
        v128.store(packed, v128.load(from, 16), 16);
      }
    } else {
      for (let i = 0; i < k; i++, from += rowBytes, packed += 32) {
        memory.copy(packed, from, (<usize>columns) << 2);
      }
    }
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
  const block = blockRows(packedWeightBytes(n, k), ROWS);
  const rowBytes = (<usize>outStride) << 2;
  for (let i = 0; i < m; i += block) {
    const offset = <usize>i * rowBytes;
    const also = residual ? residual + offset : 0;
    multiplyBlock(inputs, weights, bias, also, out + offset, min(block, m - i), n, k, rowBytes, activation);
    inputs += (<usize>(block * k)) << 2;
  }
}

function multiplyBlock(
  inputs: usize,
  weights: usize,
  bias: usize,
  residual: usize,
  out: usize,
  m: i32,
  n: i32,
  k: i32,
  rowBytes: usize,
  activation: i32,
): void {
  const inputPanel = (<usize>(k * ROWS)) << 2;
  const weightPanel = (<usize>k) << 5;
  for (let j = 0; j < n; j += 8) {
    let bias0 = i32x4.splat(0);
    let bias1 = bias0;
    if (bias) {
      bias0 = v128.load(bias + ((<usize>j) << 2));
      bias1 = v128.load(bias + ((<usize>j) << 2), 16);
    }
    const columns = min(8, n - j);
    let a = inputs;
    for (let i = 0; i < m; i += ROWS) {
      const rows = m - i;
      const end = a + inputPanel;
      let b = weights;
      let c00 = bias0;
      let c01 = bias1;
      let c10 = bias0;
      let c11 = bias1;
      let c20 = bias0;
      let c21 = bias1;
      let c30 = bias0;
      let c31 = bias1;
      let c40 = bias0;
      let c41 = bias1;
      let c50 = bias0;
      let c51 = bias1;
      if (rows > 2) {
        for (; a < end; a += ROWS * 4, b += 32) {
          const b0 = v128.load(b);
          const b1 = v128.load(b, 16);
          const a0 = v128.load32_splat(a);
          c00 = multiplyAdd(a0, b0, c00);
          c01 = multiplyAdd(a0, b1, c01);
          const a1 = v128.load32_splat(a, 4);
          c10 = multiplyAdd(a1, b0, c10);
          c11 = multiplyAdd(a1, b1, c11);
          const a2 = v128.load32_splat(a, 8);
          c20 = multiplyAdd(a2, b0, c20);
          c21 = multiplyAdd(a2, b1, c21);
          const a3 = v128.load32_splat(a, 12);
          c30 = multiplyAdd(a3, b0, c30);
          c31 = multiplyAdd(a3, b1, c31);
          if (ROWS === 6) {
            const a4 = v128.load32_splat(a, 16);
            c40 = multiplyAdd(a4, b0, c40);
            c41 = multiplyAdd(a4, b1, c41);
            const a5 = v128.load32_splat(a, 20);
            c50 = multiplyAdd(a5, b0, c50);
            c51 = multiplyAdd(a5, b1, c51);
          }
        }
      } else {
        for (; a < end; a += ROWS * 4, b += 32) {
          const b0 = v128.load(b);
          const b1 = v128.load(b, 16);
          const a0 = v128.load32_splat(a);
          c00 = multiplyAdd(a0, b0, c00);
          c01 = multiplyAdd(a0, b1, c01);
          const a1 = v128.load32_splat(a, 4);
          c10 = multiplyAdd(a1, b0, c10);
          c11 = multiplyAdd(a1, b1, c11);
        }
      }
      const offset = <usize>i * rowBytes + ((<usize>j) << 2);
      const step = residual ? rowBytes : 0;
      let to = out + offset;
      let also = residual ? residual + offset : 0;
      for (let left = min(ROWS, rows); ; to += rowBytes, also += step) {
        finishRow(c00, c01, to, also, columns, activation);
        if (--left === 0) break;
        c00 = c10;
        c01 = c11;
        c10 = c20;
        c11 = c21;
        c20 = c30;
        c21 = c31;
        c30 = c40;
        c31 = c41;
        c40 = c50;
        c41 = c51;
      }
    }
    weights += weightPanel;
  }
}
