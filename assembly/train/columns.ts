// Sums over the rows of a matrix, one for each column. Units, here and wherever threads share a matrix by its columns:
// blocks of 16 columns.

/** Columns that a unit has. */
export const COLUMNS: i32 = 16;

/** out [columns] = or += Σ rows of x [rows, columns] */
export function columnSums(
  x: usize,
  rows: i32,
  columns: i32,
  out: usize,
  accumulate: i32,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const rowBytes = (<usize>columns) << 2;
  const stop = min(columns, last * COLUMNS);
  let column = first * COLUMNS;
  for (; column + COLUMNS <= stop; column += COLUMNS) {
    const at = (<usize>column) << 2; // a line of the cache of each row, since rows lie far apart
    const to = out + at;
    let sums0 = accumulate ? v128.load(to) : i32x4.splat(0);
    let sums1 = accumulate ? v128.load(to, 16) : i32x4.splat(0);
    let sums2 = accumulate ? v128.load(to, 32) : i32x4.splat(0);
    let sums3 = accumulate ? v128.load(to, 48) : i32x4.splat(0);
    let from = x + at;
    for (let row = 0; row < rows; row++, from += rowBytes) {
      sums0 = f32x4.add(sums0, v128.load(from));
      sums1 = f32x4.add(sums1, v128.load(from, 16));
      sums2 = f32x4.add(sums2, v128.load(from, 32));
      sums3 = f32x4.add(sums3, v128.load(from, 48));
    }
    v128.store(to, sums0);
    v128.store(to, sums1, 16);
    v128.store(to, sums2, 32);
    v128.store(to, sums3, 48);
  }
  for (; column + 4 <= stop; column += 4) {
    const at = (<usize>column) << 2;
    let sums = accumulate ? v128.load(out + at) : i32x4.splat(0);
    let from = x + at;
    for (let row = 0; row < rows; row++, from += rowBytes) sums = f32x4.add(sums, v128.load(from));
    v128.store(out + at, sums);
  }
  for (; column < stop; column++) {
    const at = (<usize>column) << 2;
    let sum: f32 = accumulate ? f32.load(out + at) : 0;
    let from = x + at;
    for (let row = 0; row < rows; row++, from += rowBytes) sum += f32.load(from);
    f32.store(out + at, sum);
  }
}
