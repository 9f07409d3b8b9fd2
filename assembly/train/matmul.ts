// Matrix products of any orientation. Both operands are packed into the panels of assembly/gemm.ts, whose product then
// does the work: packing costs one pass over what the product reads many times.

import { IDENTITY } from "../activation";
import {
  gemm,
  packedInputBytes,
  packedWeightBytes,
  packInputs,
  packWeightColumns,
  packWeightRows,
  ROWS,
} from "../gemm";

const PANEL: i32 = 8; // columns that a unit of packing has
const UNIT: i32 = 12; // rows that a unit of the product has: few, so that threads share them evenly; whole panels
const BLOCK: i32 = 48; // rows that are packed at a time

/** Bytes that {@link packColumns} fills. */
export function packColumnsBytes(n: i32, k: i32): i32 {
  return packedWeightBytes(n, k);
}

/**
 * Packs the right side of a product. Units: panels of 8 columns.
 *
 * @param b [k, n], or [n, k] where `transposed`; its rows lie `stride` values apart
 */
export function packColumns(
  b: usize,
  stride: i32,
  transposed: i32,
  packed: usize,
  n: i32,
  k: i32,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const rowBytes = (<usize>stride) << 2;
  const column = first * PANEL;
  const columns = min(n, last * PANEL) - column;
  const to = packed + <usize>packedWeightBytes(column, k);
  if (transposed) packWeightRows(b + <usize>column * rowBytes, columns, k, rowBytes, to);
  else packWeightColumns(b + ((<usize>column) << 2), columns, k, rowBytes, to);
}

/** Scratch memory of {@link matmul}. */
export function matmulScratchBytes(k: i32, n: i32): i32 {
  return packedInputBytes(BLOCK, k) + packedWeightBytes(n, 1);
}

/**
 * out [m, n] = or += a · b (+ bias). Units: 12 rows.
 *
 * @param a [m, k], or [k, m] where `transposed`; its rows lie `stride` values apart
 * @param packed by {@link packColumns}
 * @param bias [n], or 0 for none
 */
export function matmul(
  a: usize,
  stride: i32,
  transposed: i32,
  packed: usize,
  bias: usize,
  out: usize,
  outStride: i32,
  accumulate: i32,
  m: i32,
  n: i32,
  k: i32,
  scratch: usize,
  first: i32,
  last: i32,
): void {
  let paddedBias: usize = 0;
  if (bias) {
    paddedBias = scratch + packedInputBytes(BLOCK, k);
    memory.copy(paddedBias, bias, (<usize>n) << 2);
  }
  const stop = min(m, last * UNIT);
  for (let row = first * UNIT; row < stop; row += BLOCK) {
    const rows = min(BLOCK, stop - row);
    if (transposed) packTransposedInputs(a + ((<usize>row) << 2), rows, k, stride, scratch);
    else packInputs(a + ((<usize>(row * stride)) << 2), rows, k, stride, scratch);
    const to = out + ((<usize>(row * outStride)) << 2);
    gemm(scratch, packed, paddedBias, accumulate ? to : 0, to, rows, n, k, outStride, IDENTITY);
  }
}

/** As `packInputs`, of inputs that lie transposed: [k, m]. What stands for rows that are missing is never stored. */
export function packTransposedInputs(inputs: usize, m: i32, k: i32, stride: i32, packed: usize): void {
  const rowBytes = (<usize>stride) << 2;
  for (let row = 0; row < m; row += ROWS, inputs += ROWS * 4) {
    const rows = min(ROWS, m - row);
    let from = inputs;
    if (rows === ROWS) {
      for (let i = 0; i < k; i++, from += rowBytes, packed += ROWS * 4) {
        v128.store(packed, v128.load(from));
        if (ROWS === 6) v128.store64_lane(packed, v128.load64_zero(from, 16), 0, 16);
      }
    } else {
      for (let i = 0; i < k; i++, from += rowBytes, packed += ROWS * 4) {
        memory.copy(packed, from, (<usize>rows) << 2);
      }
    }
  }
}
