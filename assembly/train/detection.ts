// Telling replaced tokens from original ones (Clark et al. 2020, section 2), and how well that and the generator do.

const IGNORED: i32 = -100;

/** log(1 + eˣ), without overflow. */
function softplus(x: f64): f64 {
  return max<f64>(x, 0) + Math.log1p(Math.exp(-abs<f64>(x)));
}

/**
 * losses[row] = −log of the probability that sigmoid(logits[row]) gives the label, in f64, and gradient = scale ·
 * (sigmoid − label); both 0 where the label is −100. Units: rows.
 *
 * @param logits [rows]; `gradient` may be the same
 * @param labels i32 [rows]: 0, 1 or −100
 */
export function binaryCrossEntropy(
  logits: usize,
  labels: usize,
  scale: f32,
  losses: usize,
  gradient: usize,
  _scratch: usize,
  first: i32,
  last: i32,
): void {
  for (let row = first; row < last; row++) {
    const at = (<usize>row) << 2;
    const label = i32.load(labels + at);
    let loss: f64 = 0;
    let slope: f64 = 0;
    if (label !== IGNORED) {
      const x = <f64>f32.load(logits + at);
      loss = softplus(label ? -x : x);
      slope = (1 / (1 + Math.exp(-x)) - <f64>label) * <f64>scale;
    }
    f64.store(losses + ((<usize>row) << 3), loss);
    f32.store(gradient + at, <f32>slope);
  }
}

/**
 * counts[0] += in how many rows no logit is above their label's, counts[1] += how many have a label. One unit.
 *
 * @param logits [rows, columns]
 * @param labels i32 [rows]; −100 for none
 * @param counts i32 [2]
 */
export function countHits(
  logits: usize,
  labels: usize,
  counts: usize,
  rows: i32,
  columns: i32,
  _scratch: usize,
  _first: i32,
  _last: i32,
): void {
  const rowBytes = (<usize>columns) << 2;
  const wide = rowBytes & ~15;
  let hits = 0;
  let labelled = 0;
  for (let row = 0; row < rows; row++, logits += rowBytes) {
    const label = i32.load(labels + ((<usize>row) << 2));
    if (label === IGNORED) continue;
    labelled++;
    const ofLabel = v128.load32_splat(logits + ((<usize>label) << 2));
    let reached = f32x4.ge(ofLabel, v128.load32_splat(logits));
    for (let at: usize = 0; at < wide; at += 16) {
      reached = v128.and(reached, f32x4.ge(ofLabel, v128.load(logits + at)));
    }
    for (let at = wide; at < rowBytes; at += 4) {
      reached = v128.and(reached, f32x4.ge(ofLabel, v128.load32_splat(logits + at)));
    }
    hits += i32(i32x4.all_true(reached));
  }
  i32.store(counts, i32.load(counts) + hits);
  i32.store(counts, i32.load(counts, 4) + labelled, 4);
}

/**
 * histogram[label, bin of the logit] += 1 for each row with a label. Bins are 1/64 wide, those from bins / 2 on for
 * logits from 0 on; the outermost two take all that lies beyond. One unit.
 *
 * @param labels i32 [rows]: 0, 1 or −100
 * @param histogram i32 [2, bins]
 */
export function scoreHistogram(
  logits: usize,
  labels: usize,
  histogram: usize,
  rows: i32,
  bins: i32,
  _scratch: usize,
  _first: i32,
  _last: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const at = (<usize>row) << 2;
    const label = i32.load(labels + at);
    if (label === IGNORED) continue;
    const scaled = f32x4.floor(f32x4.mul(v128.load32_splat(logits + at), f32x4.splat(64)));
    const step = i32x4.extract_lane(i32x4.trunc_sat_f32x4_s(scaled), 0);
    const bin = max(-bins / 2, min(bins / 2 - 1, step)) + bins / 2;
    const cell = histogram + ((<usize>(label * bins + bin)) << 2);
    i32.store(cell, i32.load(cell) + 1);
  }
}
