// What is done to each value for itself. Units: blocks of 1,024 values.

import { activationDerivative, activate as curveOf, GELU } from "../activation";
import { gelu } from "../math";
import { stream, uniform, uniformLanes } from "./random";

const BLOCK: i32 = 1024;

function begin(first: i32): usize {
  return (<usize>(first * BLOCK)) << 2;
}

function end(last: i32, count: i32): usize {
  return (<usize>min(count, last * BLOCK)) << 2;
}

/** Where the last whole vector ends, of those between a unit's begin and `stop`. */
function whole(stop: usize): usize {
  return stop & ~15;
}

/** out = x + y */
export function add(
  x: usize,
  y: usize,
  out: usize,
  count: i32,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const stop = end(last, count);
  let at = begin(first);
  for (; at < whole(stop); at += 16) v128.store(out + at, f32x4.add(v128.load(x + at), v128.load(y + at)));
  for (; at < stop; at += 4) f32.store(out + at, f32.load(x + at) + f32.load(y + at));
}

/** out = value */
export function fill(out: usize, value: f32, count: i32, _scratch: usize, first: i32, last: i32): void {
  const stop = end(last, count);
  let at = begin(first);
  for (; at < whole(stop); at += 16) v128.store(out + at, f32x4.splat(value));
  for (; at < stop; at += 4) f32.store(out + at, value);
}

function activationOf(x: v128, activation: i32): v128 {
  return activation === GELU ? gelu(x) : curveOf(x, activation);
}

/** out = the activation of x, by its number in `activation.ts` */
export function activate(
  x: usize,
  out: usize,
  count: i32,
  activation: i32,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const stop = end(last, count);
  let at = begin(first);
  for (; at < whole(stop); at += 16) v128.store(out + at, activationOf(v128.load(x + at), activation));
  for (; at < stop; at += 4) {
    v128.store32_lane(out + at, activationOf(v128.load32_splat(x + at), activation), 0);
  }
}

/** out = gradient · the activation's derivative at x; `out` may be `gradient`. */
export function activateBackward(
  x: usize,
  gradient: usize,
  out: usize,
  count: i32,
  activation: i32,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const stop = end(last, count);
  let at = begin(first);
  for (; at < whole(stop); at += 16) {
    const slope = activationDerivative(v128.load(x + at), activation);
    v128.store(out + at, f32x4.mul(v128.load(gradient + at), slope));
  }
  for (; at < stop; at += 4) {
    const slope = activationDerivative(v128.load32_splat(x + at), activation);
    v128.store32_lane(out + at, f32x4.mul(v128.load32_splat(gradient + at), slope), 0);
  }
}

/**
 * out = x / (1 − probability) where the draw of the value's index is at least `probability`, else 0 (Srivastava et al.
 * 2014). Of the gradients the same; `out` may be `x`.
 */
export function dropout(
  x: usize,
  out: usize,
  count: i32,
  probability: f32,
  seed: u32,
  site: u32,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const begun = first * BLOCK;
  const at = (<usize>begun) << 2;
  drop(x + at, out + at, min(count, last * BLOCK) - begun, probability, stream(seed, site), begun);
}

/** Dropout of `count` values of which the first has the index `index`. */
export function drop(x: usize, out: usize, count: i32, probability: f32, draws: u32, index: u32): void {
  const scale: f32 = 1 / (1 - probability);
  const end = (<usize>count) << 2;
  let at: usize = 0;
  for (; at < whole(end); at += 16, index += 4) {
    const dropped = f32x4.lt(uniformLanes(draws, index), f32x4.splat(probability));
    v128.store(out + at, v128.andnot(f32x4.mul(v128.load(x + at), f32x4.splat(scale)), dropped));
  }
  for (; at < end; at += 4, index++) {
    f32.store(out + at, uniform(draws, index) < probability ? 0 : f32.load(x + at) * scale);
  }
}
