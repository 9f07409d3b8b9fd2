// Multi-head self-attention (Vaswani et al. 2017, section 3.2) over one sequence, on its real length: there is no
// padding and so no mask. Queries go through a panel of the product at a time, so that their scores never leave the first-level cache.

import { IDENTITY } from "./activation";
import {
  gemm,
  packedInputBytes,
  packedWeightBytes,
  packInputs,
  packWeightColumns,
  packWeightRows,
  ROWS,
} from "./gemm";
import { exponentials, scoreStride } from "./softmax";

/** Bytes of scratch memory that {@link attention} needs, for at most `tokens` tokens. */
export function attentionScratchBytes(tokens: i32, headSize: i32): i32 {
  return (
    packedWeightBytes(tokens, headSize) + // keys
    packedWeightBytes(headSize, tokens) + // values
    packedInputBytes(ROWS, headSize) + // queries
    packedInputBytes(ROWS, tokens) + // exponentials of the scores
    ROWS * scoreStride(tokens) * 4 + // scores
    ROWS * 4 // sums of the exponentials
  );
}

/**
 * context[t, head] = softmax(query[t, head] · key[·, head]ᵀ / √headSize) · value[·, head] for heads from `first` up to
 * but without `last`.
 *
 * @param queryKeyValue [tokens, 3 · heads · headSize]: a token's queries, then its keys, then its values
 * @param context [tokens, heads · headSize]
 * @param scratch {@link attentionScratchBytes} bytes
 */
export function attentionHeads(
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
  const values = keys + packedWeightBytes(tokens, headSize);
  const packed = values + packedWeightBytes(headSize, tokens);
  const shares = packed + packedInputBytes(ROWS, headSize);
  const scores = shares + packedInputBytes(ROWS, tokens);
  const sums = scores + ROWS * stride * 4;

  for (let head = first; head < last; head++) {
    const query = queryKeyValue + ((<usize>(head * headSize)) << 2);
    packWeightRows(query + outBytes, tokens, headSize, rowBytes, keys);
    packWeightColumns(query + 2 * outBytes, headSize, tokens, rowBytes, values);
    for (let t = 0; t < tokens; t += ROWS) {
      const rows = min(ROWS, tokens - t);
      packInputs(query + <usize>t * rowBytes, rows, headSize, 3 * hidden, packed);
      gemm(packed, keys, 0, 0, scores, rows, tokens, headSize, stride, IDENTITY);
      exponentials(scores, rows, tokens, stride, scale, sums);
      packInputs(scores, rows, tokens, stride, shares);
      const out = context + <usize>t * outBytes + ((<usize>(head * headSize)) << 2);
      gemm(shares, values, 0, 0, out, rows, headSize, tokens, hidden, IDENTITY);
      for (let row: usize = 0; row < <usize>rows; row++) {
        multiplyRow(out + row * outBytes, headSize, 1 / f32.load(sums + (row << 2)));
      }
    }
  }
}

/** {@link attentionHeads} of all heads. */
export function attention(
  queryKeyValue: usize,
  context: usize,
  scratch: usize,
  tokens: i32,
  heads: i32,
  headSize: i32,
): void {
  attentionHeads(queryKeyValue, context, scratch, tokens, heads, headSize, 0, heads);
}

function multiplyRow(row: usize, size: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  const wide = row + ((<usize>(size & ~3)) << 2);
  for (const end = row + ((<usize>size) << 2); row < end; ) {
    if (row < wide) {
      v128.store(row, f32x4.mul(v128.load(row), factors));
      row += 16;
    } else {
      f32.store(row, f32.load(row) * factor);
      row += 4;
    }
  }
}
