// Multi-head self-attention (Vaswani et al. 2017, section 3.2) over one sequence, on its real length: there is no
// padding and so no mask. Queries go through in blocks, so that the scores of a block stay in the second-level cache.

import { IDENTITY } from "./finish";
import { gemm, packedInputBytes, packedWeightBytes, packInputs, packWeightRow } from "./gemm";
import { softmax } from "./softmax";

const QUERY_BLOCK: i32 = 64;

/** Values from one row of scores to the next: a whole number of output tiles. */
function scoreStride(tokens: i32): i32 {
  return (tokens + 7) & ~7;
}

/** Bytes of scratch memory that {@link attention} needs, for at most `tokens` tokens. */
export function attentionScratchBytes(tokens: i32, headSize: i32): i32 {
  const block = min(QUERY_BLOCK, tokens);
  return (
    packedWeightBytes(tokens, headSize) + // keys
    packedWeightBytes(headSize, tokens) + // values
    packedInputBytes(block, max(headSize, tokens)) + // queries, then the probabilities
    block * scoreStride(tokens) * 4 // scores
  );
}

/**
 * context[t, head] = softmax(query[t, head] · key[·, head]ᵀ / √headSize) · value[·, head], all heads.
 *
 * @param queryKeyValue [tokens, 3 · heads · headSize]: a token's queries, then its keys, then its values
 * @param context [tokens, heads · headSize]
 * @param scratch {@link attentionScratchBytes} bytes
 */
export function attention(
  queryKeyValue: usize,
  context: usize,
  scratch: usize,
  tokens: i32,
  heads: i32,
  headSize: i32,
): void {
  const hidden = heads * headSize;
  const rowBytes = <usize>hidden * 12;
  const stride = scoreStride(tokens);
  const scale: f32 = 1 / sqrt<f32>(<f32>headSize);
  const keys = scratch;
  const values = keys + packedWeightBytes(tokens, headSize);
  const packed = values + packedWeightBytes(headSize, tokens);
  const scores = packed + packedInputBytes(min(QUERY_BLOCK, tokens), max(headSize, tokens));

  for (let head = 0; head < heads; head++) {
    const query = queryKeyValue + ((<usize>(head * headSize)) << 2);
    const key = query + ((<usize>hidden) << 2);
    const value = key + ((<usize>hidden) << 2);

    memory.fill(keys, 0, packedWeightBytes(tokens, headSize));
    for (let t = 0; t < tokens; t++) packWeightRow(key + <usize>t * rowBytes, headSize, t, keys);
    packValues(value, tokens, headSize, rowBytes, values);

    for (let first = 0; first < tokens; first += QUERY_BLOCK) {
      const rows = min(QUERY_BLOCK, tokens - first);
      packInputs(query + <usize>first * rowBytes, rows, headSize, 3 * hidden, packed);
      gemm(packed, keys, 0, 0, scores, rows, tokens, headSize, stride, IDENTITY);
      softmax(scores, rows, tokens, stride, scale);
      packInputs(scores, rows, tokens, stride, packed);
      const out = context + ((<usize>(first * hidden + head * headSize)) << 2);
      gemm(packed, values, 0, 0, out, rows, headSize, tokens, hidden, IDENTITY);
    }
  }
}

/** Packs the values [tokens, headSize] of a head as weights of a product over the tokens: panels of [tokens, 8]. */
function packValues(value: usize, tokens: i32, headSize: i32, rowBytes: usize, packed: usize): void {
  for (let column = 0; column < headSize; column += 8) {
    const columns = min(8, headSize - column);
    let from = value + ((<usize>column) << 2);
    for (let t = 0; t < tokens; t++, from += rowBytes, packed += 32) {
      if (columns < 8) memory.fill(packed, 0, 32);
      memory.copy(packed, from, (<usize>columns) << 2);
    }
  }
}
