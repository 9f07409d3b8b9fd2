// A GRU's layer that remembers what its way back needs, one direction at a time. Units: sequences.

import { give, multiplyRow, gru as run, take } from "../gru";

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
      if (earlier) multiplyRow(hidden, weight, rowBytes, 32, scratch, scratch, size, 3 * size);
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
