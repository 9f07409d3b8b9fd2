// Multi-head self-attention (Vaswani et al. 2017, section 3.2) of packed sequences, with dropout, and its way back. Units:
// the heads of all sequences, sequence after sequence.

import { IDENTITY } from "../activation";
import {
  gemm,
  packedInputBytes,
  packedWeightBytes,
  packInputs,
  packWeightColumns,
  packWeightRows,
} from "../gemm";
import { sumLanes } from "../math";
import { softmax } from "../softmax";
import { drop } from "./elementwise";
import { packTransposedInputs } from "./matmul";
import { stream } from "./random";

function packedInputs(length: i32, headSize: i32): i32 {
  return packedInputBytes(length, max(length, headSize));
}

function packedWeights(length: i32, headSize: i32): i32 {
  return max(packedWeightBytes(length, headSize), packedWeightBytes(headSize, length));
}

/** Scratch memory of {@link attention} and {@link attentionBackward} for sequences of at most `length` tokens. */
export function attentionTrainScratchBytes(length: i32, headSize: i32): i32 {
  const matrix = (length * length * 4 + 15) & ~15;
  return 2 * matrix + packedInputs(length, headSize) + packedWeights(length, headSize);
}

/**
 * context = dropout(softmax(query · keyᵀ / √headSize)) · value
 *
 * @param queryKeyValue [tokens, 3 · heads · headSize]
 * @param offsets i32 [sequences + 1]: where each sequence's rows begin
 * @param blocks i32 [sequences + 1]: the first of each sequence's probabilities, [heads, length, length]
 * @param probabilities what softmax gives, before dropout
 * @param context [tokens, heads · headSize]
 */
export function attention(
  queryKeyValue: usize,
  offsets: usize,
  blocks: usize,
  probabilities: usize,
  context: usize,
  heads: i32,
  headSize: i32,
  dropout: f32,
  seed: u32,
  site: u32,
  scratch: usize,
  first: i32,
  last: i32,
): void {
  const hidden = heads * headSize;
  const rowBytes = <usize>hidden * 12;
  const draws = stream(seed, site);
  const scale: f32 = 1 / sqrt<f32>(<f32>headSize);
  for (let unit = first; unit < last; unit++) {
    const start = offsetOf(offsets, unit / heads);
    const length = offsetOf(offsets, unit / heads + 1) - start;
    const head = unit % heads;
    const query = queryKeyValue + <usize>start * rowBytes + ((<usize>(head * headSize)) << 2);
    const key = query + ((<usize>hidden) << 2);
    const value = key + ((<usize>hidden) << 2);
    const block = offsetOf(blocks, unit / heads) + head * length * length;
    const shares = probabilities + ((<usize>block) << 2);
    const dropped = scratch;
    const inputs = dropped + (<usize>(length * length * 4 + 15) & ~15);
    const weights = inputs + packedInputs(length, headSize);

    packInputs(query, length, headSize, 3 * hidden, inputs);
    packWeightRows(key, length, headSize, rowBytes, weights);
    gemm(inputs, weights, 0, 0, shares, length, length, headSize, length, IDENTITY);
    softmax(shares, length, length, length, scale);
    let used = shares;
    if (dropout > 0) {
      drop(shares, dropped, length * length, dropout, draws, block);
      used = dropped;
    }
    packInputs(used, length, length, length, inputs);
    packWeightColumns(value, headSize, length, rowBytes, weights);
    const out = context + ((<usize>(start * hidden + head * headSize)) << 2);
    gemm(inputs, weights, 0, 0, out, length, headSize, length, hidden, IDENTITY);
  }
}

/**
 * The gradient by queries, keys and values.
 *
 * @param contextGradient [tokens, heads · headSize]
 * @param queryKeyValueGradient [tokens, 3 · heads · headSize], written
 */
export function attentionBackward(
  queryKeyValue: usize,
  offsets: usize,
  blocks: usize,
  probabilities: usize,
  contextGradient: usize,
  queryKeyValueGradient: usize,
  heads: i32,
  headSize: i32,
  dropout: f32,
  seed: u32,
  site: u32,
  scratch: usize,
  first: i32,
  last: i32,
): void {
  const hidden = heads * headSize;
  const hiddenBytes = (<usize>hidden) << 2;
  const rowBytes = hiddenBytes * 3;
  const draws = stream(seed, site);
  for (let unit = first; unit < last; unit++) {
    const start = offsetOf(offsets, unit / heads);
    const length = offsetOf(offsets, unit / heads + 1) - start;
    const head = unit % heads;
    const ofHead = (<usize>(head * headSize)) << 2;
    const query = queryKeyValue + <usize>start * rowBytes + ofHead;
    const queryGradient = queryKeyValueGradient + <usize>start * rowBytes + ofHead;
    const gradient = contextGradient + <usize>start * hiddenBytes + ofHead;
    const block = offsetOf(blocks, unit / heads) + head * length * length;
    const shares = probabilities + ((<usize>block) << 2);
    const matrix = <usize>((length * length * 4 + 15) & ~15);
    const dropped = scratch;
    const scores = dropped + matrix;
    const inputs = scores + matrix;
    const weights = inputs + packedInputs(length, headSize);

    let used = shares;
    if (dropout > 0) {
      drop(shares, dropped, length * length, dropout, draws, block);
      used = dropped;
    }
    packTransposedInputs(used, length, length, length, inputs);
    packWeightColumns(gradient, headSize, length, hiddenBytes, weights);
    const valueGradient = queryGradient + hiddenBytes * 2;
    gemm(inputs, weights, 0, 0, valueGradient, length, headSize, length, 3 * hidden, IDENTITY);

    packInputs(gradient, length, headSize, hidden, inputs);
    packWeightRows(query + hiddenBytes * 2, length, headSize, rowBytes, weights);
    gemm(inputs, weights, 0, 0, scores, length, length, headSize, length, IDENTITY);
    if (dropout > 0) drop(scores, scores, length * length, dropout, draws, block);
    softmaxBackward(shares, scores, length, 1 / sqrt<f32>(<f32>headSize));

    packInputs(scores, length, length, length, inputs);
    packWeightColumns(query + hiddenBytes, headSize, length, rowBytes, weights);
    gemm(inputs, weights, 0, 0, queryGradient, length, headSize, length, 3 * hidden, IDENTITY);

    packTransposedInputs(scores, length, length, length, inputs);
    packWeightColumns(query, headSize, length, rowBytes, weights);
    const keyGradient = queryGradient + hiddenBytes;
    gemm(inputs, weights, 0, 0, keyGradient, length, headSize, length, 3 * hidden, IDENTITY);
  }
}

function offsetOf(offsets: usize, sequence: i32): i32 {
  return i32.load(offsets + ((<usize>sequence) << 2));
}

/** gradient = scale · y · (gradient − Σ gradient · y) for each row of y = softmax(…), [length, length] */
function softmaxBackward(y: usize, gradient: usize, length: i32, scale: f32): void {
  const rowBytes = (<usize>length) << 2;
  const wide = rowBytes & ~15;
  for (let row = 0; row < length; row++, y += rowBytes, gradient += rowBytes) {
    let sums = f32x4.splat(0);
    for (let at: usize = 0; at < wide; at += 16) {
      sums = f32x4.add(sums, f32x4.mul(v128.load(y + at), v128.load(gradient + at)));
    }
    let sum = sumLanes(sums);
    for (let at = wide; at < rowBytes; at += 4) sum += f32.load(y + at) * f32.load(gradient + at);
    for (let at: usize = 0; at < wide; at += 16) {
      const centred = f32x4.sub(v128.load(gradient + at), f32x4.splat(sum));
      v128.store(gradient + at, f32x4.mul(f32x4.mul(v128.load(y + at), f32x4.splat(scale)), centred));
    }
    for (let at = wide; at < rowBytes; at += 4) {
      f32.store(gradient + at, f32.load(y + at) * scale * (f32.load(gradient + at) - sum));
    }
  }
}
