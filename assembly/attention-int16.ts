// Multi-head self-attention as in attention.ts, for the plain binary: its two products in 16-bit integers with exact 32-bit sums. What it
// costs in precision is far below what int8 weights cost.
//
//   queries, keys    each row to its own range, |q| ≤ √((2³¹ − 1) / headSize) and ≤ 32767
//   probabilities    each row to units of which it has at most 7 · 2¹⁵, none more than 32767
//   values           each head to its own range, |v| ≤ 8191: with half a unit of rounding for each probability no sum
//                    overflows before 65,000 tokens
//
// Packed rows are [⌈k/2⌉, 4, 2] i16 after f32 scales [4], and weights are panels of [⌈k/2⌉, 8, 2] i16 after scales [8].

import { IDENTITY } from "./activation";
import { finishRow } from "./finish";
import {
  inverseScale,
  largestBits,
  loadUpTo4,
  MAGNITUDE,
  quantizeRowsInt16,
  round,
  roundRowsInt16,
} from "./quantize";
import { exponentials, scoreStride } from "./softmax";

const ROWS: i32 = 4;
const LARGEST: i32 = 32767;
const LARGEST_VALUE: i32 = 8191;
const UNITS: f32 = 229376; // 7 · 2¹⁵
const INPUT_HEADER: usize = 16;
const WEIGHT_HEADER: usize = 32;

function inputBytes(k: i32): usize {
  return INPUT_HEADER + ((<usize>((k + 1) >> 1)) << 4);
}

function weightPanelBytes(k: i32): usize {
  return WEIGHT_HEADER + ((<usize>((k + 1) >> 1)) << 5);
}

function weightBytes(n: i32, k: i32): usize {
  return <usize>((n + 7) >> 3) * weightPanelBytes(k);
}

/** Bytes of scratch memory that {@link attentionInt16Heads} needs, for at most `tokens` tokens. */
export function attentionInt16ScratchBytes(tokens: i32, headSize: i32): i32 {
  return <i32>(weightBytes(tokens, headSize) + // keys
    weightBytes(headSize, tokens) + // values
    inputBytes(headSize) + // queries
    inputBytes(tokens) + // probabilities
    ROWS * scoreStride(tokens) * 4 + // scores
    ROWS * 4); // the sums of their exponentials
}

/** As {@link attentionHeads}, with {@link attentionInt16ScratchBytes} bytes of scratch memory. */
export function attentionInt16Heads(
  queryKeyValue: usize,
  context: usize,
  scratch: usize,
  tokens: i32,
  heads: i32,
  headSize: i32,
  first: i32,
  last: i32,
): void {
  const hidden = heads * headSize;
  const rowBytes = <usize>hidden * 12;
  const outBytes = (<usize>hidden) << 2;
  const stride = scoreStride(tokens);
  const limit = min(LARGEST, <i32>sqrt<f64>(<f64>(i32.MAX_VALUE / headSize)));
  const scale: f32 = 1 / sqrt<f32>(<f32>headSize);
  const keys = scratch;
  const values = keys + weightBytes(tokens, headSize);
  const queries = values + weightBytes(headSize, tokens);
  const shares = queries + inputBytes(headSize);
  const scores = shares + inputBytes(tokens);
  const sums = scores + ((<usize>(ROWS * stride)) << 2);

  for (let head = first; head < last; head++) {
    const query = queryKeyValue + ((<usize>(head * headSize)) << 2);
    packKeys(query + outBytes, tokens, headSize, rowBytes, limit, keys);
    packValues(query + 2 * outBytes, tokens, headSize, rowBytes, values);
    for (let t = 0; t < tokens; t += ROWS) {
      const rows = min(ROWS, tokens - t);
      const from = query + <usize>t * rowBytes;
      quantizeRowsInt16(from, rows, headSize, rowBytes, limit, queries + INPUT_HEADER, 16, queries);
      multiplyRows(queries, keys, scores, ROWS, tokens, headSize, stride);
      exponentials(scores, ROWS, tokens, stride, scale, sums);
      packShares(scores, tokens, stride, sums, shares);
      const out = context + <usize>t * outBytes + ((<usize>(head * headSize)) << 2);
      multiplyRows(shares, values, out, rows, headSize, tokens, hidden);
    }
  }
}

/** Packs the keys [tokens, headSize] of a head as weights, each with its own scale. */
function packKeys(key: usize, tokens: i32, headSize: i32, rowBytes: usize, limit: i32, packed: usize): void {
  for (let t = 0; t < tokens; t += 4, key += 4 * rowBytes) {
    const panel = packed + <usize>(t >> 3) * weightPanelBytes(headSize);
    const lanes = (<usize>(t & 4)) << 2;
    const to = panel + WEIGHT_HEADER + lanes;
    quantizeRowsInt16(key, min(4, tokens - t), headSize, rowBytes, limit, to, 32, panel + lanes);
  }
}

/** Packs the values [tokens, headSize] of a head as weights of a product over the tokens, with one scale for all. */
function packValues(value: usize, tokens: i32, headSize: i32, rowBytes: usize, packed: usize): void {
  const magnitude = v128.load32_splat(MAGNITUDE);
  let largest = i32x4.splat(0);
  let from = value;
  for (let t = 0; t < tokens; t++, from += rowBytes) {
    for (let column = 0; column < headSize; column += 4) {
      const x = loadUpTo4(from + ((<usize>column) << 2), headSize - column);
      largest = i32x4.max_s(largest, v128.and(x, magnitude));
    }
  }
  const factor = f32x4.splat(inverseScale(largestBits(largest), LARGEST_VALUE, packed));
  const scales = v128.load32_splat(packed);

  for (let column = 0; column < headSize; column += 8) {
    v128.store(packed, scales);
    v128.store(packed, scales, 16);
    packed += WEIGHT_HEADER;
    from = value + ((<usize>column) << 2);
    for (let t = 0; t < tokens; t += 2, from += 2 * rowBytes, packed += 32) {
      const even = roundValues(from, headSize - column, factor);
      const odd = t + 1 < tokens ? roundValues(from + rowBytes, headSize - column, factor) : i32x4.splat(0);
      v128.store(packed, i16x8.shuffle(even, odd, 0, 8, 1, 9, 2, 10, 3, 11));
      v128.store(packed, i16x8.shuffle(even, odd, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    }
  }
}

/** Up to eight floats as int16. */
function roundValues(address: usize, count: i32, factor: v128): v128 {
  return i16x8.narrow_i32x4_s(
    round(f32x4.mul(loadUpTo4(address, count), factor)),
    round(f32x4.mul(loadUpTo4(address + 16, count - 4), factor)),
  );
}

/** Packs four rows of exponentials, of which the largest is 1, as probabilities. */
function packShares(exponents: usize, tokens: i32, stride: i32, sums: usize, packed: usize): void {
  const rowBytes = (<usize>stride) << 2;
  const totals = v128.load(sums);
  // A row with NaN in it has a sum of NaN: min, unlike pmin, passes it on to the scale.
  const factors = f32x4.min(f32x4.splat(<f32>LARGEST), f32x4.div(f32x4.splat(UNITS), totals));
  v128.store(packed, f32x4.div(f32x4.splat(1), f32x4.mul(factors, totals)));
  roundRowsInt16(
    exponents,
    exponents + rowBytes,
    exponents + 2 * rowBytes,
    exponents + 3 * rowBytes,
    tokens,
    f32x4.extract_lane(factors, 0),
    f32x4.extract_lane(factors, 1),
    f32x4.extract_lane(factors, 2),
    f32x4.extract_lane(factors, 3),
    packed + INPUT_HEADER,
    16,
  );
}

/** out[rows, n] = inputs[4, k] · weights[n, k]ᵀ, of which the first `rows` are stored. */
function multiplyRows(
  inputs: usize,
  weights: usize,
  out: usize,
  rows: i32,
  n: i32,
  k: i32,
  outStride: i32,
): void {
  const end = inputs + inputBytes(k);
  const rowBytes = (<usize>outStride) << 2;
  for (let j = 0; j < n; j += 8, out += 32) {
    const header = weights;
    weights += WEIGHT_HEADER;
    let c00 = i32x4.splat(0);
    let c01 = c00;
    let c10 = c00;
    let c11 = c00;
    let c20 = c00;
    let c21 = c00;
    let c30 = c00;
    let c31 = c00;
    for (let a = inputs + INPUT_HEADER; a < end; a += 16, weights += 32) {
      const b0 = v128.load(weights);
      const b1 = v128.load(weights, 16);
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
    const columns = min(8, n - j);
    let to = out;
    for (let row = 0; ; to += rowBytes) {
      storeRow(c00, c01, inputs + ((<usize>row) << 2), header, to, columns);
      if (++row === rows) break;
      c00 = c10;
      c01 = c11;
      c10 = c20;
      c11 = c21;
      c20 = c30;
      c21 = c31;
    }
  }
}

function storeRow(low: v128, high: v128, inputScale: usize, scales: usize, out: usize, columns: i32): void {
  const scale = v128.load32_splat(inputScale);
  finishRow(
    f32x4.mul(f32x4.convert_i32x4_s(low), f32x4.mul(scale, v128.load(scales))),
    f32x4.mul(f32x4.convert_i32x4_s(high), f32x4.mul(scale, v128.load(scales, 16))),
    out,
    0,
    columns,
    IDENTITY,
  );
}
