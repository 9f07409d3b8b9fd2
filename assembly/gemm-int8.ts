// Matrix multiplication with int8 weights: out[m, n] = inputs[m, k] · weights[n, k]ᵀ (+ bias[n]) (GELU) (+ residual).
// The inputs are f32 and are quantized row by row when packed; sums are exact 32-bit integers. Three ways to do it:
//
//   plain SIMD    inputs int16, symmetric, |q| ≤ ⌊(2³¹ − 1) / (127 · k)⌋ and ≤ 32767, so that no sum overflows;
//                 i32x4.dot_i16x8_s on weights widened as they are loaded
//   relaxed SIMD  inputs 0 … 127 with a zero point, which keeps every choice that the instruction leaves to the engine
//                 out of the result; what the zero point adds is taken off by the sums of the weight rows. Where the
//                 engine has the dot product with addition as one instruction (AVX-VNNI, ARM's dot product) that does
//                 it, on panels of six rows, since it takes long to come back; elsewhere the dot product without
//                 addition and a second one with ones are faster than what the engine would make of it
//
// Inputs are panels of `rows` = 4 or 6: f32 scales [rows], i32 zero points [rows], [⌈k/GROUP⌉, rows, GROUP] i16 or u8.
// Weights lie as weights-int8.ts has them; the bias has ⌈n/8⌉ · 8 values, missing ones zero.

import { GELU, IDENTITY } from "./activation";
import { blockRows, fetch } from "./blocks";
import { finishRow } from "./finish";
import { geluNear } from "./math";
import { quantizeRowsInt16, quantizeRowUnsigned } from "./quantize";
import {
  groupsOf,
  LARGEST_WEIGHT,
  packedInt8WeightBytes,
  WEIGHT_HEADER,
  weightPanelBytes,
} from "./weights-int8";

const ONES = memory.data<u16>([1, 1, 1, 1, 1, 1, 1, 1]);

/** Sixteen weights of 127 and sixteen inputs of 255, which is more than the instruction defines. */
const PROBE = memory.data<u8>([
  127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
]);

/**
 * Whether the engine has the fused dot product as one instruction. Only where it is put together from x86's pmaddubsw
 * do pairs saturate: 2 · 32767 for four products, where one instruction gives 4 · 127 · 255 or 4 · 127 · −1.
 */
function dotIsFused(): bool {
  const sum = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(PROBE), v128.load(PROBE, 16), i32x4.splat(0));
  return i32x4.extract_lane(sum, 0) !== 2 * 32767;
}

/** Found once for each instance, so that no two kernels can see it differently. */
const DOT_IS_FUSED: bool = ASC_FEATURE_RELAXED_SIMD ? dotIsFused() : false;

/** Input rows of a panel. */
const PANEL_ROWS: i32 = DOT_IS_FUSED ? 6 : 4;

/** Bytes from one four of a quantized row to the next; the first lies two steps behind the row's scale. */
export const INPUT_STEP: usize = (<usize>PANEL_ROWS) << 2;

function inputPanelBytes(k: i32): i32 {
  return PANEL_ROWS * (8 + groupsOf(k) * 4);
}

/** Bytes of `m` quantized input rows of `k` values. */
export function quantizedInputBytes(m: i32, k: i32): i32 {
  return ((m + PANEL_ROWS - 1) / PANEL_ROWS) * inputPanelBytes(k);
}

/**
 * Quantizes inputs [m, k], whose rows lie `stride` values apart, each row to its own range, into panels. A row with NaN
 * or infinity in it gets a scale that is not finite either, and so its whole output.
 */
export function quantizeInputs(inputs: usize, m: i32, k: i32, stride: i32, packed: usize): void {
  const rows = PANEL_ROWS;
  const rowBytes = (<usize>stride) << 2;
  const zeros = INPUT_STEP;
  const limit = min(32767, i32.MAX_VALUE / (LARGEST_WEIGHT * k));
  for (let i = 0; i < m; i += rows) {
    const panel = packed + 2 * zeros;
    const existing = min(rows, m - i);
    if (ASC_FEATURE_RELAXED_SIMD) {
      // A missing row repeats the first one: what the product makes of it is never stored.
      for (let row: usize = 0; row < zeros; row += 4) {
        const from = row < (<usize>existing) << 2 ? inputs + (row >> 2) * rowBytes : inputs;
        quantizeRowUnsigned(from, k, panel + row, zeros, packed + row, packed + zeros + row);
      }
    } else {
      quantizeRowsInt16(inputs, existing, k, rowBytes, limit, panel, 16, packed);
      v128.store(packed, i32x4.splat(0), 16);
    }
    inputs += <usize>rows * rowBytes;
    packed += inputPanelBytes(k);
  }
}

/** Where the scale of row `row` of quantized inputs [_, k] lies; its zero point lies `INPUT_STEP` bytes on. */
export function quantizedRow(packed: usize, row: i32, k: i32): usize {
  return packed + <usize>((row / PANEL_ROWS) * inputPanelBytes(k)) + ((<usize>(row % PANEL_ROWS)) << 2);
}

/**
 * The product of quantized inputs and packed int8 weights, finished and stored row by row.
 *
 * @param bias packed as above, or 0 for none
 * @param residual [m, n] with the output's stride, added last, or 0 for none; it may be `out` itself
 * @param outStride values from one output row to the next, at least n
 * @param activation `IDENTITY` or `GELU`
 */
export function gemmInt8(
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
  const block = blockRows(packedInt8WeightBytes(n, k), PANEL_ROWS);
  const rowBytes = (<usize>outStride) << 2;
  for (let i = 0; i < m; i += block) {
    const offset = <usize>i * rowBytes;
    const also = residual ? residual + offset : 0;
    const rows = min(block, m - i);
    multiplyBlock(inputs, weights, bias, also, out + offset, rows, n, k, rowBytes, activation, i === 0);
    inputs += (block / PANEL_ROWS) * inputPanelBytes(k);
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
  isFirst: bool,
): void {
  const fused = DOT_IS_FUSED;
  const panelRows = PANEL_ROWS;
  const zeros = INPUT_STEP;
  const groups = <usize>groupsOf(k) * zeros;
  const ones = v128.load(ONES);
  const weightPanel = weightPanelBytes(k);
  const share = (weightPanel * panelRows) / m + 64;
  const fetches = isFirst && !fused; // a twentieth faster, and with the fused dot product no faster
  for (let j = 0; j < n; j += 8) {
    const columns = min(8, n - j);
    const biases = bias ? bias + ((<usize>j) << 2) : 0;
    let next = weights + weightPanel;
    const nextEnd = fetches && j + 8 < n ? next + weightPanel : next;
    let a = inputs;
    for (let i = 0; i < m; i += panelRows) {
      next = fetch(next, min(next + share, nextEnd));
      const header = a;
      let b = weights + WEIGHT_HEADER;
      a += 2 * zeros;
      const end = a + groups;
      let c00 = i32x4.splat(0);
      let c01 = c00;
      let c10 = c00;
      let c11 = c00;
      let c20 = c00;
      let c21 = c00;
      let c30 = c00;
      let c31 = c00;
      let c40 = c00;
      let c41 = c00;
      let c50 = c00;
      let c51 = c00;
      if (!ASC_FEATURE_RELAXED_SIMD) {
        for (; a < end; a += 16, b += 16) {
          const b0 = v128.load8x8_s(b);
          const b1 = v128.load8x8_s(b, 8);
          const a0 = v128.load32_splat(a);
          c00 = i32x4.add(c00, i32x4.dot_i16x8_s(a0, b0));
          c01 = i32x4.add(c01, i32x4.dot_i16x8_s(a0, b1));
          const a1 = v128.load32_splat(a, 4);
          c10 = i32x4.add(c10, i32x4.dot_i16x8_s(a1, b0));
          c11 = i32x4.add(c11, i32x4.dot_i16x8_s(a1, b1));
          const a2 = v128.load32_splat(a, 8);
          c20 = i32x4.add(c20, i32x4.dot_i16x8_s(a2, b0));
          c21 = i32x4.add(c21, i32x4.dot_i16x8_s(a2, b1));
          const a3 = v128.load32_splat(a, 12);
          c30 = i32x4.add(c30, i32x4.dot_i16x8_s(a3, b0));
          c31 = i32x4.add(c31, i32x4.dot_i16x8_s(a3, b1));
        }
      } else if (fused) {
        for (; a < end; a += 24, b += 32) {
          const b0 = v128.load(b);
          const b1 = v128.load(b, 16);
          const a0 = v128.load32_splat(a);
          c00 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b0, a0, c00);
          c01 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b1, a0, c01);
          const a1 = v128.load32_splat(a, 4);
          c10 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b0, a1, c10);
          c11 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b1, a1, c11);
          const a2 = v128.load32_splat(a, 8);
          c20 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b0, a2, c20);
          c21 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b1, a2, c21);
          const a3 = v128.load32_splat(a, 12);
          c30 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b0, a3, c30);
          c31 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b1, a3, c31);
          const a4 = v128.load32_splat(a, 16);
          c40 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b0, a4, c40);
          c41 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b1, a4, c41);
          const a5 = v128.load32_splat(a, 20);
          c50 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b0, a5, c50);
          c51 = i32x4.relaxed_dot_i8x16_i7x16_add_s(b1, a5, c51);
        }
      } else {
        for (; a < end; a += 16, b += 32) {
          const b0 = v128.load(b);
          const b1 = v128.load(b, 16);
          const a0 = v128.load32_splat(a);
          c00 = i32x4.add(c00, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(b0, a0), ones));
          c01 = i32x4.add(c01, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(b1, a0), ones));
          const a1 = v128.load32_splat(a, 4);
          c10 = i32x4.add(c10, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(b0, a1), ones));
          c11 = i32x4.add(c11, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(b1, a1), ones));
          const a2 = v128.load32_splat(a, 8);
          c20 = i32x4.add(c20, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(b0, a2), ones));
          c21 = i32x4.add(c21, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(b1, a2), ones));
          const a3 = v128.load32_splat(a, 12);
          c30 = i32x4.add(c30, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(b0, a3), ones));
          c31 = i32x4.add(c31, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(b1, a3), ones));
        }
      }
      const offset = <usize>i * rowBytes + ((<usize>j) << 2);
      const step = residual ? rowBytes : 0;
      let to = out + offset;
      let also = residual ? residual + offset : 0;
      let scale = header;
      // One call for all rows, so that it is compiled into the loop.
      for (let rows = min(panelRows, m - i); ; to += rowBytes, also += step, scale += 4) {
        finish(c00, c01, scale, zeros, weights, biases, to, also, columns, activation);
        if (--rows === 0) break;
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

/**
 * From the sums of one row of a tile to what the integers stand for, and on to the output. Never with a relaxed
 * multiply-add: from here on too all engines agree.
 *
 * @param inputHeader the row's scale, and `zeros` bytes on its zero point
 */
function finish(
  low: v128,
  high: v128,
  inputHeader: usize,
  zeros: usize,
  weightHeader: usize,
  bias: usize,
  out: usize,
  residual: usize,
  columns: i32,
  activation: i32,
): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    const zero = v128.load32_splat(inputHeader + zeros);
    low = i32x4.sub(low, i32x4.mul(zero, v128.load(weightHeader, 32)));
    high = i32x4.sub(high, i32x4.mul(zero, v128.load(weightHeader, 48)));
  }
  const scale = v128.load32_splat(inputHeader);
  low = f32x4.mul(f32x4.convert_i32x4_s(low), f32x4.mul(scale, v128.load(weightHeader)));
  high = f32x4.mul(f32x4.convert_i32x4_s(high), f32x4.mul(scale, v128.load(weightHeader, 16)));
  if (bias) {
    low = f32x4.add(low, v128.load(bias));
    high = f32x4.add(high, v128.load(bias, 16));
  }
  if (ASC_FEATURE_RELAXED_SIMD && activation === GELU) {
    low = geluNear(low);
    high = geluNear(high);
    activation = IDENTITY;
  }
  finishRow(low, high, out, residual, columns, activation);
}
