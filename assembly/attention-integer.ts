// Self-attention as in attention.ts with its two products in integers: of the bits that the binary's own dot products are
// made for.

import { attentionInt8Heads, attentionInt8ScratchBytes } from "./attention-int8";
import { attentionInt16Heads, attentionInt16ScratchBytes } from "./attention-int16";

/** Bytes of scratch memory that {@link attentionInteger} needs, for at most `tokens` tokens. */
export function attentionIntegerScratchBytes(tokens: i32, headSize: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD
    ? attentionInt8ScratchBytes(tokens, headSize)
    : attentionInt16ScratchBytes(tokens, headSize);
}

/** As {@link attentionHeads}, with {@link attentionIntegerScratchBytes} bytes of scratch memory. */
export function attentionIntegerHeads(
  queryKeyValue: usize,
  context: usize,
  scratch: usize,
  tokens: i32,
  heads: i32,
  headSize: i32,
  first: i32,
  last: i32,
): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    attentionInt8Heads(queryKeyValue, context, scratch, tokens, heads, headSize, first, last);
  } else {
    attentionInt16Heads(queryKeyValue, context, scratch, tokens, heads, headSize, first, last);
  }
}

/** {@link attentionIntegerHeads} of all heads. */
export function attentionInteger(
  queryKeyValue: usize,
  context: usize,
  scratch: usize,
  tokens: i32,
  heads: i32,
  headSize: i32,
): void {
  attentionIntegerHeads(queryKeyValue, context, scratch, tokens, heads, headSize, 0, heads);
}
