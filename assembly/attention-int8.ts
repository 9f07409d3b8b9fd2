// Multi-head self-attention as in attention.ts, both of its products by `gemmInt8`: for the relaxed binary, whose dot
// products take eight bits. Some queries at a time go through a head:
//
//   queries   as inputs, each row to its own range
//   keys      as weights, each to its own range
//   shares    e^(score − the row's largest) as inputs of 0 … 127; a row's sum is divided out afterwards
//   values    as weights of a product over the tokens, each column of a head to its own range

import { IDENTITY } from "./activation";
import { gemmInt8, INPUT_STEP, quantizedInputBytes, quantizedRow, quantizeInputs } from "./gemm-int8";
import { sumLanes } from "./math";
import { ROUND, round } from "./quantize";
import { padAndFindPeak, scoreStride } from "./softmax";
import { packedInt8WeightBytes, packFloatColumns, packFloatRows } from "./weights-int8";

/** Queries that go through a head together: whole panels of four and of six. */
const ROWS: i32 = 24;

/** Bytes of scratch memory that {@link attentionInt8Heads} needs, for at most `tokens` tokens. */
export function attentionInt8ScratchBytes(tokens: i32, headSize: i32): i32 {
  return (
    packedInt8WeightBytes(tokens, headSize) + // keys
    packedInt8WeightBytes(headSize, tokens) + // values
    quantizedInputBytes(ROWS, headSize) + // queries
    quantizedInputBytes(ROWS, tokens) + // shares
    ROWS * scoreStride(tokens) * 4 // scores
  );
}

/** As {@link attentionHeads}, with {@link attentionInt8ScratchBytes} bytes of scratch memory. */
export function attentionInt8Heads(
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
  const scale: f32 = 1 / sqrt<f32>(<f32>headSize);
  const keys = scratch;
  const values = keys + packedInt8WeightBytes(tokens, headSize);
  const queries = values + packedInt8WeightBytes(headSize, tokens);
  const shares = queries + quantizedInputBytes(ROWS, headSize);
  const scores = shares + quantizedInputBytes(ROWS, tokens);

  for (let head = first; head < last; head++) {
    const query = queryKeyValue + ((<usize>(head * headSize)) << 2);
    packFloatRows(query + outBytes, tokens, headSize, rowBytes, keys);
    packFloatColumns(query + 2 * outBytes, tokens, headSize, rowBytes, values);
    for (let t = 0; t < tokens; t += ROWS) {
      const rows = min(ROWS, tokens - t);
      quantizeInputs(query + <usize>t * rowBytes, rows, headSize, 3 * hidden, queries);
      gemmInt8(queries, keys, 0, 0, scores, rows, tokens, headSize, stride, IDENTITY);
      for (let row = 0; row < rows; row++) {
        packShares(scores + ((<usize>(row * stride)) << 2), tokens, scale, quantizedRow(shares, row, tokens));
      }
      const out = context + <usize>t * outBytes + ((<usize>(head * headSize)) << 2);
      gemmInt8(shares, values, 0, 0, out, rows, headSize, tokens, hidden, IDENTITY);
    }
  }
}

const EXP2 = memory.data<f32>([
  -120, // below it 2^x rounds to no unit, and its exponent stays in the range of a float's
  0.9999281168, // 1 … x³, within 8e-5 of 2^x for |x| ≤ ½
  0.6932614446,
  0.2426111549,
  0.05516836792,
  1.4426950408889634, // 1 / ln 2
  6.988684686772166, // log₂ 127
]);

/**
 * Packs a row of scores as e^(scale · (score − the largest)), in 127ths, the sum of which its scale divides out.
 *
 * @param scores [tokens], a step of eight long; what lies behind the last may be written
 */
function packShares(scores: usize, tokens: i32, scale: f32, packed: usize): void {
  const peak = padAndFindPeak(scores, tokens);
  const end = scores + ((<usize>tokens) << 2);
  const factor = f32x4.splat(scale * f32.load(EXP2, 20));
  const offset = v128.load32_splat(EXP2, 24);
  let sums = f32x4.splat(0);
  let to = packed + 2 * INPUT_STEP;
  for (let at = scores; at < end; at += 16, to += INPUT_STEP) {
    const e = exp2(f32x4.relaxed_madd(f32x4.sub(v128.load(at), peak), factor, offset));
    const integers = round(e);
    sums = f32x4.add(sums, e);
    const pairs = i16x8.narrow_i32x4_s(integers, integers);
    v128.store32_lane(to, i8x16.narrow_i16x8_s(pairs, pairs), 0);
  }
  f32.store(packed, 1 / sumLanes(sums));
  i32.store(packed + INPUT_STEP, 0);
}

/** 2^x for x ≤ 7, within 8e-5. */
function exp2(x: v128): v128 {
  const shift = v128.load32_splat(ROUND);
  x = f32x4.pmax(x, v128.load32_splat(EXP2));
  const shifted = f32x4.add(x, shift);
  const r = f32x4.sub(x, f32x4.sub(shifted, shift));
  let p = f32x4.relaxed_madd(v128.load32_splat(EXP2, 16), r, v128.load32_splat(EXP2, 12));
  p = f32x4.relaxed_madd(p, r, v128.load32_splat(EXP2, 8));
  p = f32x4.relaxed_madd(p, r, v128.load32_splat(EXP2, 4));
  return i32x4.add(p, i32x4.shl(shifted, 23));
}
