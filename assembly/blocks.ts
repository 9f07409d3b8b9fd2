// How many input rows go through all weights of a product before the next ones do.

const WEIGHTS_THAT_STAY: usize = 1 << 20; // bytes of weights that a second-level cache holds on to
const FEW_ROWS: i32 = 16;
const MANY_ROWS: i32 = 128;

/**
 * Few where the weights stay in the second-level cache: then inputs and outputs never leave the first. Many where the
 * weights come from further away each time. A multiple of `panelRows`.
 */
export function blockRows(weightBytes: usize, panelRows: i32): i32 {
  const rows = weightBytes <= WEIGHTS_THAT_STAY ? FEW_ROWS : MANY_ROWS;
  return ((rows + panelRows - 1) / panelRows) * panelRows;
}
