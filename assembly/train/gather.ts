// Rows of a table by their ids, as embeddings are, and the way back.

import { COLUMNS } from "./columns";

/** out[i] = or += table[ids[i]], rows of `size` values. Units: rows. */
export function gather(
  ids: usize,
  table: usize,
  out: usize,
  accumulate: i32,
  _rows: i32,
  size: i32,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const rowBytes = (<usize>size) << 2;
  const wide = rowBytes & ~15;
  for (let row = first; row < last; row++) {
    const from = table + <usize>i32.load(ids + ((<usize>row) << 2)) * rowBytes;
    const to = out + <usize>row * rowBytes;
    if (!accumulate) {
      memory.copy(to, from, rowBytes);
      continue;
    }
    let at: usize = 0;
    for (; at < wide; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
    for (; at < rowBytes; at += 4) f32.store(to + at, f32.load(to + at) + f32.load(from + at));
  }
}

/**
 * tableGradient[ids[i]] += gradient[i], in the order of the ids. Units: blocks of 16 columns, so that two threads never
 * add to one value.
 */
export function scatterAdd(
  ids: usize,
  gradient: usize,
  tableGradient: usize,
  rows: i32,
  size: i32,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const rowBytes = (<usize>size) << 2;
  const start = (<usize>(first * COLUMNS)) << 2;
  const stop = (<usize>min(size, last * COLUMNS)) << 2;
  const wide = start + ((stop - start) & ~15);
  for (let row = 0; row < rows; row++) {
    const to = tableGradient + <usize>i32.load(ids + ((<usize>row) << 2)) * rowBytes;
    const from = gradient + <usize>row * rowBytes;
    let at = start;
    for (; at < wide; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
    for (; at < stop; at += 4) f32.store(to + at, f32.load(to + at) + f32.load(from + at));
  }
}
