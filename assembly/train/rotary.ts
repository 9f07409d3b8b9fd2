// Rotary position embeddings, as when a model runs. Units: rows.

import { rotary as rotaryOf } from "../rotary";

/** {@link rotaryOf} of x [tokens, stride], in place. */
export function rotary(
  x: usize,
  positions: usize,
  table: usize,
  stride: i32,
  columns: i32,
  headSize: i32,
  direction: f32,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const rows = x + ((<usize>first * <usize>stride) << 2);
  rotaryOf(
    rows,
    positions + ((<usize>first) << 2),
    table,
    last - first,
    stride,
    columns,
    headSize,
    direction,
  );
}
