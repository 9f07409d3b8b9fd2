// A GRU's layer that remembers what its way back needs, one direction at a time. Units: sequences.

import { give, gru as run, take } from "../gru";
import { multiplyAdd } from "../math";

/** Scratch memory of either. */
export function gruScratchBytes(size: i32): i32 {
  return ((3 * size + 7) & ~7) << 2;
}

/**
 * Every sequence for itself, as the kernel of the same name that models run has it.
 *
 * @param inputs [tokens, 3 · size]
 * @param offsets i32 [sequences + 1], where each begins
 * @param packed W_h, by `packColumns`
 * @param bias [3 · size]
 * @param out [tokens, 2 · size]: the left half of it, or the right one where `reverse`
 * @param kept [tokens, 4 · size]
 */
export function gru(
  inputs: usize,
  offsets: usize,
  packed: usize,
  bias: usize,
  out: usize,
  kept: usize,
  size: i32,
  reverse: i32,
  scratch: usize,
  first: i32,
  last: i32,
): void {
  memory.copy(scratch, bias, <usize>size * 12);
  if (reverse) out += (<usize>size) << 2;
  for (let i = first; i < last; i++) {
    const begin = i32.load(offsets + ((<usize>i) << 2));
    const steps = i32.load(offsets + ((<usize>i) << 2), 4) - begin;
    const row = (<usize>(begin * size)) << 2;
    run(
      inputs + 3 * row,
      3 * size,
      packed,
      scratch,
      out + 2 * row,
      2 * size,
      kept + 4 * row,
      4 * size,
      steps,
      size,
      reverse,
    );
  }
}

/**
 * The gradients by W_i x + b_i and by W_h h + b_h, which differ in what r scales, and the h that each step began with.
 *
 * @param weight W_h [3 · size, size], as it is
 * @param gradient [tokens, 2 · size], of which the half that `out` means
 * @param inputGradient [tokens, 3 · size]
 * @param hiddenGradient [tokens, 3 · size]
 * @param previous [tokens, size]
 */
export function gruBackward(
  offsets: usize,
  weight: usize,
  out: usize,
  kept: usize,
  gradient: usize,
  inputGradient: usize,
  hiddenGradient: usize,
  previous: usize,
  size: i32,
  reverse: i32,
  scratch: usize,
  first: i32,
  last: i32,
): void {
  const rowBytes = (<usize>size) << 2;
  if (reverse) {
    out += rowBytes;
    gradient += rowBytes;
  }
  for (let i = first; i < last; i++) {
    const begin = i32.load(offsets + ((<usize>i) << 2));
    const end = i32.load(offsets + ((<usize>i) << 2), 4);
    const back: usize = reverse ? rowBytes : -rowBytes;
    let row = <usize>(reverse ? begin : end - 1) * rowBytes;
    memory.fill(scratch, 0, rowBytes);
    for (let left = end - begin; left > 0; left--, row += back) {
      const earlier = left > 1 ? out + 2 * (row + back) : 0;
      const hidden = hiddenGradient + 3 * row;
      stepBackward(
        kept + 4 * row,
        earlier,
        gradient + 2 * row,
        scratch,
        inputGradient + 3 * row,
        hidden,
        previous + row,
        size,
      );
      if (earlier) addProduct(hidden, weight, scratch, 3 * size, size);
    }
  }
}

/**
 * @param earlier the h that the step began with, or 0 for none
 * @param carried the gradient by the step's h from the steps after it; becomes the share of it that z lets through
 */
function stepBackward(
  kept: usize,
  earlier: usize,
  gradient: usize,
  carried: usize,
  inputGradient: usize,
  hiddenGradient: usize,
  previous: usize,
  size: i32,
): void {
  const ones = f32x4.splat(1);
  const end = (<usize>size) << 2;
  const wide = (<usize>(size & ~3)) << 2;
  for (let at: usize = 0; at < end; at += at < wide ? 16 : 4) {
    const whole = at < wide;
    const second = at + end;
    const third = second + end;
    const r = take(kept + at, whole);
    const z = take(kept + second, whole);
    const hidden = take(kept + third, whole);
    const n = take(kept + third + end, whole);
    const h = earlier ? take(earlier + at, whole) : i32x4.splat(0);
    const g = f32x4.add(take(gradient + at, whole), take(carried + at, whole));
    const open = f32x4.sub(ones, z);
    const ofN = f32x4.mul(f32x4.mul(g, open), f32x4.sub(ones, f32x4.mul(n, n)));
    const ofZ = f32x4.mul(f32x4.mul(g, f32x4.sub(h, n)), f32x4.mul(z, open));
    const ofR = f32x4.mul(f32x4.mul(ofN, hidden), f32x4.mul(r, f32x4.sub(ones, r)));
    give(previous + at, h, whole);
    give(inputGradient + at, ofR, whole);
    give(inputGradient + second, ofZ, whole);
    give(inputGradient + third, ofN, whole);
    give(hiddenGradient + at, ofR, whole);
    give(hiddenGradient + second, ofZ, whole);
    give(hiddenGradient + third, f32x4.mul(ofN, r), whole);
    give(carried + at, f32x4.mul(g, z), whole);
  }
}

/** out [columns] += x [rows] · weight [rows, columns] */
function addProduct(x: usize, weight: usize, out: usize, rows: i32, columns: i32): void {
  const rowBytes = (<usize>columns) << 2;
  const end = x + ((<usize>rows) << 2);
  let left = columns;
  for (; left >= 32; left -= 32, out += 128, weight += 128) {
    let c0 = v128.load(out);
    let c1 = v128.load(out, 16);
    let c2 = v128.load(out, 32);
    let c3 = v128.load(out, 48);
    let c4 = v128.load(out, 64);
    let c5 = v128.load(out, 80);
    let c6 = v128.load(out, 96);
    let c7 = v128.load(out, 112);
    let from = weight;
    for (let at = x; at < end; at += 4, from += rowBytes) {
      const value = v128.load32_splat(at);
      c0 = multiplyAdd(value, v128.load(from), c0);
      c1 = multiplyAdd(value, v128.load(from, 16), c1);
      c2 = multiplyAdd(value, v128.load(from, 32), c2);
      c3 = multiplyAdd(value, v128.load(from, 48), c3);
      c4 = multiplyAdd(value, v128.load(from, 64), c4);
      c5 = multiplyAdd(value, v128.load(from, 80), c5);
      c6 = multiplyAdd(value, v128.load(from, 96), c6);
      c7 = multiplyAdd(value, v128.load(from, 112), c7);
    }
    v128.store(out, c0);
    v128.store(out, c1, 16);
    v128.store(out, c2, 32);
    v128.store(out, c3, 48);
    v128.store(out, c4, 64);
    v128.store(out, c5, 80);
    v128.store(out, c6, 96);
    v128.store(out, c7, 112);
  }
  while (left > 0) {
    const whole = left >= 4;
    let sum = take(out, whole);
    let from = weight;
    for (let at = x; at < end; at += 4, from += rowBytes) {
      sum = multiplyAdd(v128.load32_splat(at), take(from, whole), sum);
    }
    give(out, sum, whole);
    const bytes: usize = whole ? 16 : 4;
    out += bytes;
    weight += bytes;
    left -= whole ? 4 : 1;
  }
}
