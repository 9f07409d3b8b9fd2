// Matrix multiplication with int8 weights: out[m, n] = inputs[m, k] · weights[n, k]ᵀ (+ bias[n]) (GELU) (+ residual).
// The inputs are f32 and are quantized row by row when packed; sums are exact 32-bit integers. Two ways to do it:
//
//   plain SIMD    inputs int16, symmetric, |q| ≤ ⌊(2³¹ − 1) / (127 · k)⌋ and ≤ 32767, so that no sum overflows;
//                 i32x4.dot_i16x8_s on weights widened as they are loaded
//   relaxed SIMD  inputs 0 … 127 with a zero point, which keeps every choice that the instruction leaves to the engine
//                 out of the result; what the zero point adds is taken off by the sums of the weight rows. Where the
//                 engine has the dot product with addition as one instruction (AVX-VNNI, ARM's dot product) it is
//                 used; elsewhere it is put together faster than the engine would.
//
// Layouts, with 2 (plain) or 4 (relaxed) values of a row side by side, k padded to a multiple of that with zeros:
//   inputs   ⌈m/4⌉ panels: f32 scales [4], (relaxed: i32 zero points [4],) then [k/2, 4, 2] i16 or [k/4, 4, 4] u8
//   weights  ⌈n/8⌉ panels: f32 scales [8], (relaxed: i32 row sums [8],) then [k/2, 8, 2] i8 or [k/4, 8, 4] i8
//   bias     ⌈n/8⌉ · 8 values, missing ones zero

import { finishRow } from "./finish";
import { quantizeRowsInt16, quantizeRowsUnsigned } from "./quantize";

const GROUP: i32 = ASC_FEATURE_RELAXED_SIMD ? 4 : 2; // values of a row that lie side by side
const INPUT_HEADER: usize = ASC_FEATURE_RELAXED_SIMD ? 32 : 16;
const WEIGHT_HEADER: usize = ASC_FEATURE_RELAXED_SIMD ? 64 : 32;

const LARGEST_WEIGHT: i32 = 127;

/** How many groups a row of k values takes. */
function groupsOf(k: i32): i32 {
  return (k + GROUP - 1) / GROUP;
}

function inputPanelBytes(k: i32): usize {
  return INPUT_HEADER + ((<usize>groupsOf(k)) << 4);
}

function weightPanelBytes(k: i32): usize {
  return WEIGHT_HEADER + <usize>(groupsOf(k) * GROUP * 8);
}

/** Bytes of `m` quantized input rows of `k` values. */
export function quantizedInputBytes(m: i32, k: i32): i32 {
  return ((m + 3) >> 2) * <i32>inputPanelBytes(k);
}

/** Bytes of `n` packed int8 weight rows of `k` values, scales included. */
export function packedInt8WeightBytes(n: i32, k: i32): i32 {
  return ((n + 7) >> 3) * <i32>weightPanelBytes(k);
}

/**
 * Quantizes inputs [m, k], whose rows lie `stride` values apart, each row to its own range, into panels of four rows.
 * A row with NaN or infinity in it gets a scale that is neither finite, so that its whole output is not finite either.
 */
export function quantizeInputs(inputs: usize, m: i32, k: i32, stride: i32, packed: usize): void {
  const rowBytes = (<usize>stride) << 2;
  const limit = min(32767, i32.MAX_VALUE / (LARGEST_WEIGHT * k));
  for (let i = 0; i < m; i += 4) {
    const panel = packed + INPUT_HEADER;
    if (ASC_FEATURE_RELAXED_SIMD) {
      quantizeRowsUnsigned(inputs, min(4, m - i), k, rowBytes, panel, packed, packed + 16);
    } else {
      quantizeRowsInt16(inputs, min(4, m - i), k, rowBytes, limit, panel, 16, packed);
    }
    inputs += 4 * rowBytes;
    packed += inputPanelBytes(k);
  }
}

/**
 * Puts one weight row, k values of −127 … 127, in its place as row `row` of packed weights, whose memory must start
 * out zero.
 *
 * @param scale what one unit of the row's values stands for
 */
export function packInt8WeightRow(weights: usize, k: i32, row: i32, scale: f32, packed: usize): void {
  const column = <usize>(row & 7);
  packed += <usize>(row >> 3) * weightPanelBytes(k);
  f32.store(packed + (column << 2), scale);
  let to = packed + WEIGHT_HEADER + column * GROUP;
  let sum = 0;
  for (let p = 0; p < k; p += GROUP, to += 8 * GROUP) {
    for (let i = 0; i < min(GROUP, k - p); i++) {
      const weight = load<i8>(weights + p + i);
      store<i8>(to + i, weight);
      sum += weight;
    }
  }
  if (ASC_FEATURE_RELAXED_SIMD) i32.store(packed + (column << 2), sum, 32);
}

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
function fusedDotIsOneInstruction(): bool {
  const sum = i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(PROBE), v128.load(PROBE, 16), i32x4.splat(0));
  return i32x4.extract_lane(sum, 0) !== 2 * 32767;
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
  const groups = (<usize>groupsOf(k)) << 4;
  const rowBytes = (<usize>outStride) << 2;
  let fused = false;
  let ones = i32x4.splat(0);
  if (ASC_FEATURE_RELAXED_SIMD) {
    fused = fusedDotIsOneInstruction();
    ones = v128.load(ONES);
  }
  for (let j = 0; j < n; j += 8) {
    const columns = min(8, n - j);
    let a = inputs;
    for (let i = 0; i < m; i += 4) {
      const header = a;
      let b = weights + WEIGHT_HEADER;
      a += INPUT_HEADER;
      let c00 = i32x4.splat(0);
      let c01 = c00;
      let c10 = c00;
      let c11 = c00;
      let c20 = c00;
      let c21 = c00;
      let c30 = c00;
      let c31 = c00;
      const end = a + groups;
      if (ASC_FEATURE_RELAXED_SIMD) {
        if (fused) {
          for (; a < end; a += 16, b += 32) {
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
      } else {
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
      }
      const rows = m - i;
      const offset = <usize>i * rowBytes + ((<usize>j) << 2);
      const biases = bias ? bias + ((<usize>j) << 2) : 0;
      const to = out + offset;
      const also = residual ? residual + offset : 0;
      const step = residual ? rowBytes : 0;
      finish(c00, c01, header, weights, biases, to, also, columns, activation);
      if (rows > 1)
        finish(c10, c11, header + 4, weights, biases, to + rowBytes, also + step, columns, activation);
      if (rows > 2)
        finish(
          c20,
          c21,
          header + 8,
          weights,
          biases,
          to + 2 * rowBytes,
          also + 2 * step,
          columns,
          activation,
        );
      if (rows > 3)
        finish(
          c30,
          c31,
          header + 12,
          weights,
          biases,
          to + 3 * rowBytes,
          also + 3 * step,
          columns,
          activation,
        );
    }
    weights += weightPanelBytes(k);
  }
}

/**
 * From the sums of one row of a tile to what the integers stand for, and on to the output. Never with a relaxed
 * multiply-add: from here on too all engines agree.
 *
 * @param inputHeader the row's scale, and 16 bytes on its zero point
 */
function finish(
  low: v128,
  high: v128,
  inputHeader: usize,
  weightHeader: usize,
  bias: usize,
  out: usize,
  residual: usize,
  columns: i32,
  activation: i32,
): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    const zero = v128.load32_splat(inputHeader, 16);
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
  finishRow(low, high, out, residual, columns, activation);
}
