// A linear-chain conditional random field (Lafferty, McCallum & Pereira 2001) in the log domain. A path y of labels has
// the score  start[y₀] + Σₜ emissions[t, yₜ] + Σₜ transitions[yₜ₋₁, yₜ] + end[y_last];  its probability is
// e^(score − log Z), where Z sums e^score over all paths.
//
//   emissions    [steps, labels], rows side by side without padding, as `gemm` leaves them
//   transitions  [labels, stride]: row i scores the steps from label i, or to it in the transposed copy
//   start, end   [stride]
//   messages     [steps, stride]
// where stride is `crfStride(labels)`: four labels are worked on at once. The padding of an input may hold anything,
// that of messages is −∞ and that of marginals 0. There is at least one step. Scores are finite or −∞ (never); where
// no path is allowed log Z is −∞ and the marginals are 0.
//
// Messages leave out the emissions of their own step, which makes the two directions one routine:
//   forward[t, j]   log of the sum over all labels before t, with the step into label j;    forward[0] is start
//   backward[t, i]  log of the sum over all labels after t, with the step out of label i;   backward[last] is end
// A row of messages is shifted so that its maximum is 0. The shifts are summed in f64, so that thousands of steps with
// large scores lose nothing, and are not kept: whoever divides two sums over one stretch of steps finds them cancelled.
//
// Thus, in f64, the probability that the labels s … e lie in a set of stretches (an entity: it starts between s − 1
// and s, neither starts nor ends inside, and ends between e and e + 1) is Σ allowed / Σ all, both sums by
//   v[j] = log Σᵢ exp(forward[s−1, i] + emissions[s−1, i] + transitions[i, j]),  or start[j] where s = 0
//   v[k] ← log Σⱼ exp(v[j] + emissions[t, j] + transitions[j, k])  for t = s … e, the last time out of the stretch
//   log Σₖ exp(v[k] + emissions[e+1, k] + backward[e+1, k]),  or log Σⱼ exp(v[j] + emissions[e, j] + end[j]) instead
//                                                             of the last step and this where e is the last one
// over the allowed pairs of neighbouring labels, or over all of them.

import { exp, maxLanes, sumLanes } from "./math";

const LOWEST: f32 = -3.4028234e38; // the shift of a row of −∞ alone: −∞ − −∞ would be NaN

/** Which lanes of a row's last vector hold labels: read 4 bytes further on for each one that does not. */
const LANES = memory.data<i32>([-1, -1, -1, -1, 0, 0, 0, 0]);

const LOG = memory.data<f32>([
  0.7071067811865476, // 1 / √2
  0.6931471805599453, // ln 2
  1.0,
  0.2222222222222222, // 2 artanh(s) = 2s + 2/3 s³ + 2/5 s⁵ + …, highest first
  0.2857142857142857,
  0.4,
  0.6666666666666667,
  2.0,
]);

/** ln x for normal x > 0, absolute error at most 1e-7 · (1 + |ln x|); something finite for 0; NaN stays NaN. */
function log(x: v128): v128 {
  const half = v128.load32_splat(LOG);
  const one = v128.load32_splat(LOG, 8);
  const exponent = i32x4.shr_s(i32x4.sub(x, half), 23);
  const mantissa = i32x4.sub(x, i32x4.shl(exponent, 23)); // 1/√2 … √2
  const s = f32x4.div(f32x4.sub(mantissa, one), f32x4.add(mantissa, one));
  const z = f32x4.mul(s, s);
  let p = f32x4.add(f32x4.mul(v128.load32_splat(LOG, 12), z), v128.load32_splat(LOG, 16));
  p = f32x4.add(f32x4.mul(p, z), v128.load32_splat(LOG, 20));
  p = f32x4.add(f32x4.mul(p, z), v128.load32_splat(LOG, 24));
  p = f32x4.add(f32x4.mul(p, z), v128.load32_splat(LOG, 28));
  const whole = f32x4.mul(f32x4.convert_i32x4_s(exponent), v128.load32_splat(LOG, 4));
  return f32x4.add(f32x4.add(whole, f32x4.mul(p, s)), f32x4.sub(x, x));
}

/** Values from one row of transitions, messages or marginals to the next. */
export function crfStride(labels: i32): i32 {
  return (labels + 3) & ~3;
}

/** Bytes of one such row. */
function rowBytesOf(labels: i32): usize {
  return (<usize>crfStride(labels)) << 2;
}

/** The largest of a row, whose padding becomes −∞ on the way. */
function rowMaximum(row: usize, labels: i32): f32 {
  const last = row + rowBytesOf(labels) - 16;
  const lanes = v128.load(LANES + ((<usize>(crfStride(labels) - labels)) << 2));
  v128.store(last, v128.bitselect(v128.load(last), f32x4.splat(-Infinity), lanes));
  let maxima = v128.load(last);
  for (; row < last; row += 16) maxima = f32x4.pmax(maxima, v128.load(row));
  return maxLanes(maxima);
}

/** Shifts a row of messages so that its maximum is 0, and returns that maximum as it was. */
function shiftRow(row: usize, labels: i32): f64 {
  const maximum = rowMaximum(row, labels);
  const shift = f32x4.splat(max<f32>(maximum, LOWEST));
  for (const end = row + rowBytesOf(labels); row < end; row += 16) {
    v128.store(row, f32x4.sub(v128.load(row), shift));
  }
  return <f64>maximum;
}

/**
 * One step of a chain: out[j] = log Σᵢ exp(messages[i] + emissions[i] + transitions[i, j]), or the largest of these
 * terms where `best`.
 */
function passMessage(
  messages: usize,
  emissions: usize,
  transitions: usize,
  out: usize,
  labels: i32,
  best: bool,
): void {
  const row = rowBytesOf(labels);
  const values = (<usize>labels) << 2;
  const lowest = f32x4.splat(LOWEST);
  for (let column: usize = 0; column < row; column += 16) {
    let step = transitions + column;
    let maxima = f32x4.splat(-Infinity);
    for (let i: usize = 0; i < values; i += 4, step += row) {
      const from = f32x4.add(v128.load32_splat(messages + i), v128.load32_splat(emissions + i));
      maxima = f32x4.pmax(maxima, f32x4.add(from, v128.load(step)));
    }
    if (!best) {
      step = transitions + column;
      const shift = f32x4.pmax(maxima, lowest);
      let sums = f32x4.splat(0);
      for (let i: usize = 0; i < values; i += 4, step += row) {
        const from = f32x4.add(v128.load32_splat(messages + i), v128.load32_splat(emissions + i));
        sums = f32x4.add(sums, exp(f32x4.sub(f32x4.add(from, v128.load(step)), shift)));
      }
      maxima = f32x4.add(maxima, log(sums));
    }
    v128.store(out + column, maxima);
  }
}

/**
 * Fills all messages of one direction, from the row at `messages` on, and returns the sum of their shifts.
 *
 * @param boundary the scores at the chain's end where the direction begins
 * @param direction 1 forward, −1 backward
 */
function passMessages(
  emissions: usize,
  boundary: usize,
  transitions: usize,
  messages: usize,
  steps: i32,
  labels: i32,
  direction: isize,
  best: bool,
): f64 {
  const row = direction * <isize>rowBytesOf(labels);
  const emissionRow = direction * <isize>(labels << 2);
  memory.copy(messages, boundary, rowBytesOf(labels));
  let shifts = shiftRow(messages, labels);
  for (let t = 1; t < steps; t++) {
    passMessage(messages, emissions, transitions, messages + row, labels, best);
    messages += row;
    emissions += emissionRow;
    shifts += shiftRow(messages, labels);
  }
  return shifts;
}

/** log Σⱼ exp(messages[j] + emissions[j] + boundary[j]): what closes a chain. */
function closeChain(messages: usize, emissions: usize, boundary: usize, labels: i32): f64 {
  let maximum: f32 = -Infinity;
  for (let j: usize = 0; j < (<usize>labels) << 2; j += 4) {
    maximum = max<f32>(maximum, f32.load(messages + j) + f32.load(emissions + j) + f32.load(boundary + j));
  }
  const shift = max<f32>(maximum, LOWEST);
  let sum: f32 = 0;
  for (let j: usize = 0; j < (<usize>labels) << 2; j += 4) {
    const score = f32.load(messages + j) + f32.load(emissions + j) + f32.load(boundary + j);
    sum += f32x4.extract_lane(exp(f32x4.splat(score - shift)), 0);
  }
  return <f64>maximum + <f64>f32x4.extract_lane(log(f32x4.splat(sum)), 0);
}

/**
 * The forward messages.
 *
 * @param messages [steps, stride], written
 * @returns log Z
 */
export function crfForward(
  emissions: usize,
  start: usize,
  transitions: usize,
  end: usize,
  messages: usize,
  steps: i32,
  labels: i32,
): f64 {
  const shifts = passMessages(emissions, start, transitions, messages, steps, labels, 1, false);
  const last = <usize>(steps - 1);
  const lastEmissions = emissions + last * ((<usize>labels) << 2);
  return shifts + closeChain(messages + last * rowBytesOf(labels), lastEmissions, end, labels);
}

/**
 * The backward messages.
 *
 * @param transposed the transitions with row and column exchanged, padded as they are
 * @param messages [steps, stride], written
 * @returns log Z, as {@link crfForward} does
 */
export function crfBackward(
  emissions: usize,
  start: usize,
  transposed: usize,
  end: usize,
  messages: usize,
  steps: i32,
  labels: i32,
): f64 {
  const last = <usize>(steps - 1);
  const lastEmissions = emissions + last * ((<usize>labels) << 2);
  const lastMessages = messages + last * rowBytesOf(labels);
  const shifts = passMessages(lastEmissions, end, transposed, lastMessages, steps, labels, -1, false);
  return shifts + closeChain(messages, emissions, start, labels);
}

/**
 * marginals[t, j] = P(yₜ = j), from the messages of both directions.
 *
 * @param marginals [steps, stride], written
 */
export function crfMarginals(
  emissions: usize,
  forward: usize,
  backward: usize,
  marginals: usize,
  steps: i32,
  labels: i32,
): void {
  const row = rowBytesOf(labels);
  const values = (<usize>labels) << 2;
  for (let t = 0; t < steps; t++) {
    // Through the padded output, since a vector of emissions might reach past their end.
    memory.fill(marginals, 0, row);
    memory.copy(marginals, emissions, values);
    for (let at: usize = 0; at < row; at += 16) {
      const around = f32x4.add(v128.load(forward + at), v128.load(backward + at));
      v128.store(marginals + at, f32x4.add(around, v128.load(marginals + at)));
    }
    const shift = f32x4.splat(max<f32>(rowMaximum(marginals, labels), LOWEST));
    let sums = f32x4.splat(0);
    for (let at: usize = 0; at < row; at += 16) {
      const weight = exp(f32x4.sub(v128.load(marginals + at), shift));
      v128.store(marginals + at, weight);
      sums = f32x4.add(sums, weight);
    }
    // The largest weight is 1, unless there is none: then this keeps 0 / 0 away.
    const share = f32x4.splat(1 / max<f32>(sumLanes(sums), 1));
    for (let at: usize = 0; at < row; at += 16) {
      v128.store(marginals + at, f32x4.mul(v128.load(marginals + at), share));
    }
    emissions += values;
    forward += row;
    backward += row;
    marginals += row;
  }
}

/** One of the terms whose largest {@link passMessage} takes, added up in the same order and so to the same float. */
function stepScore(messages: usize, emissions: usize, i: i32, step: usize): f32 {
  const at = (<usize>i) << 2;
  return f32.load(messages + at) + f32.load(emissions + at) + f32.load(step);
}

/**
 * The best path (Viterbi 1967). Of equally good ones the one whose last label comes first in the label list, then its
 * last but one, and so on. No back pointers: the way back finds again which label each maximum came from.
 *
 * @param messages scratch, [steps, stride]
 * @param path [steps] i32, written
 * @returns the path's score, summed in f64
 */
export function crfViterbi(
  emissions: usize,
  start: usize,
  transitions: usize,
  end: usize,
  messages: usize,
  path: usize,
  steps: i32,
  labels: i32,
): f64 {
  passMessages(emissions, start, transitions, messages, steps, labels, 1, true);
  const row = rowBytesOf(labels);
  const emissionRow = (<usize>labels) << 2;
  let to = end; // the scores of the steps out of each label,
  let between: usize = 4; // which lie this many bytes apart: along `end` first, then down a column of transitions
  let label = 0;
  let score: f64 = 0;
  for (let t = steps - 1; t >= 0; t--) {
    const message = messages + <usize>t * row;
    const emission = emissions + <usize>t * emissionRow;
    let best = stepScore(message, emission, 0, to);
    label = 0;
    for (let i = 1; i < labels; i++) {
      const candidate = stepScore(message, emission, i, to + <usize>i * between);
      if (candidate > best) {
        best = candidate;
        label = i;
      }
    }
    score += <f64>f32.load(emission + ((<usize>label) << 2)) + <f64>f32.load(to + <usize>label * between);
    i32.store(path + ((<usize>t) << 2), label);
    to = transitions + ((<usize>label) << 2);
    between = row;
  }
  return score + <f64>f32.load(start + ((<usize>label) << 2));
}
