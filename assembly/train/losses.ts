// The loss of labels that stand each for itself.

const IGNORED: i32 = -100;

/**
 * losses[row] = −log softmax(logits[row])[labels[row]], in f64, and gradient = scale · (softmax − one-hot); both 0 where
 * the label is −100. Units: rows.
 *
 * @param logits [rows, columns]; `gradient` may be the same
 * @param labels i32 [rows]
 */
export function crossEntropy(
  logits: usize,
  labels: usize,
  scale: f32,
  losses: usize,
  gradient: usize,
  _rows: i32,
  columns: i32,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  const rowBytes = (<usize>columns) << 2;
  for (let row = first; row < last; row++) {
    const x = logits + <usize>row * rowBytes;
    const out = gradient + <usize>row * rowBytes;
    const label = i32.load(labels + ((<usize>row) << 2));
    if (label === IGNORED) {
      memory.fill(out, 0, rowBytes);
      f64.store(losses + ((<usize>row) << 3), 0);
      continue;
    }
    let peak: f32 = -Infinity;
    for (let at: usize = 0; at < rowBytes; at += 4) peak = max<f32>(peak, f32.load(x + at));
    let sum: f64 = 0;
    for (let at: usize = 0; at < rowBytes; at += 4) sum += Math.exp(<f64>f32.load(x + at) - <f64>peak);
    const expected = <f64>f32.load(x + ((<usize>label) << 2)) - <f64>peak;
    f64.store(losses + ((<usize>row) << 3), Math.log(sum) - expected);
    for (let at: usize = 0; at < rowBytes; at += 4) {
      const share = Math.exp(<f64>f32.load(x + at) - <f64>peak) / sum;
      const hit: f64 = at === (<usize>label) << 2 ? 1 : 0;
      f32.store(out + at, <f32>((share - hit) * <f64>scale));
    }
  }
}
