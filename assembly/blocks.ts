// How a product goes through memory.

const WEIGHTS_THAT_STAY: usize = 1 << 20; // bytes of weights that a second-level cache holds on to
const FEW_ROWS: i32 = 16;
const MANY_ROWS: i32 = 128;

/**
 * How many input rows go through all weights before the next ones do. Few where the weights stay in the second-level
 * cache: then inputs and outputs never leave the first. Many where the weights come from further away each time. A
 * multiple of `panelRows`.
 */
export function blockRows(weightBytes: usize, panelRows: i32): i32 {
  const rows = weightBytes <= WEIGHTS_THAT_STAY ? FEW_ROWS : MANY_ROWS;
  return ((rows + panelRows - 1) / panelRows) * panelRows;
}

/**
 * Brings the lines from `from` on into the cache, up to `end`, and returns where it stopped. The weights of a layer come
 * from far away, and a tile's worth of them at a time is on its way before it is asked for. (WebAssembly has no
 * prefetch; a load whose value nobody needs is made all the same, because it could trap.)
 */
export function fetch(from: usize, end: usize): usize {
  for (; from < end; from += 64) load<u8>(from);
  return from;
}
