// The negative log-likelihood of label paths under a linear-chain CRF (Lafferty et al. 2001; pytorch-crf's convention),
// and its gradients: what the model expects less what the labels are. In log space and f64, where scores of −10000 and −∞
// are nothing special. Units: sequences.

/** Scratch memory of {@link crfLoss} for sequences of at most `length` labels out of `labels`. */
export function crfScratchBytes(length: i32, labels: i32): i32 {
  return 2 * length * labels * 8;
}

/**
 * @param emissions [steps, labels], the sequences one after the other
 * @param path i32 [steps]: the labels
 * @param offsets i32 [sequences + 1]: where each sequence's steps begin; each has one at least
 * @param transitions [labels, labels], from row to column
 * @param losses f64 [sequences]
 * @param gradient [steps, labels]: scale · (marginals − labels)
 * @param partial [sequences, labels + labels² + labels]: each sequence's gradients by start, transitions and end
 */
export function crfLoss(
  emissions: usize,
  path: usize,
  offsets: usize,
  start: usize,
  transitions: usize,
  end: usize,
  scale: f32,
  losses: usize,
  gradient: usize,
  partial: usize,
  labels: i32,
  scratch: usize,
  first: i32,
  last: i32,
): void {
  const partialBytes = (<usize>(labels * labels + 2 * labels)) << 2;
  for (let sequence = first; sequence < last; sequence++) {
    const begin = i32.load(offsets + ((<usize>sequence) << 2));
    const steps = i32.load(offsets + ((<usize>sequence) << 2), 4) - begin;
    const x = emissions + ((<usize>(begin * labels)) << 2);
    const gold = path + ((<usize>begin) << 2);
    const own = partial + <usize>sequence * partialBytes;
    const forward = scratch;
    const backward = forward + ((<usize>(steps * labels)) << 3);
    const logPartition = passForward(x, start, transitions, end, forward, steps, labels);
    passBackward(x, transitions, end, backward, steps, labels);
    const score = scoreOf(gold, x, start, transitions, end, steps, labels);
    f64.store(losses + ((<usize>sequence) << 3), logPartition - score);

    const to = gradient + ((<usize>(begin * labels)) << 2);
    expectLabels(forward, backward, logPartition, scale, to, steps, labels);
    memory.fill(own, 0, partialBytes);
    const ownTransitions = own + ((<usize>labels) << 2);
    const ownEnd = ownTransitions + ((<usize>(labels * labels)) << 2);
    memory.copy(own, to, (<usize>labels) << 2);
    memory.copy(ownEnd, to + ((<usize>((steps - 1) * labels)) << 2), (<usize>labels) << 2);
    expectTransitions(x, transitions, forward, backward, logPartition, scale, ownTransitions, steps, labels);
    subtractPath(gold, scale, to, own, ownTransitions, ownEnd, steps, labels);
  }
}

function float(values: usize, index: i32): f64 {
  return <f64>f32.load(values + ((<usize>index) << 2));
}

function double(values: usize, index: i32): f64 {
  return f64.load(values + ((<usize>index) << 3));
}

function labelAt(path: usize, step: i32): i32 {
  return i32.load(path + ((<usize>step) << 2));
}

/** forward[t, j]: the logarithm of the sum over all paths that are at j at step t, its emission included. */
function passForward(
  x: usize,
  start: usize,
  transitions: usize,
  end: usize,
  forward: usize,
  steps: i32,
  labels: i32,
): f64 {
  for (let j = 0; j < labels; j++) f64.store(forward + ((<usize>j) << 3), float(start, j) + float(x, j));
  for (let t = 1; t < steps; t++) {
    const previous = forward + ((<usize>((t - 1) * labels)) << 3);
    for (let j = 0; j < labels; j++) {
      let peak: f64 = -Infinity;
      for (let i = 0; i < labels; i++)
        peak = max(peak, double(previous, i) + float(transitions, i * labels + j));
      let sum: f64 = 0;
      if (peak !== -Infinity) {
        for (let i = 0; i < labels; i++) {
          sum += Math.exp(double(previous, i) + float(transitions, i * labels + j) - peak);
        }
      }
      const total = peak + Math.log(sum) + float(x, t * labels + j);
      f64.store(forward + ((<usize>(t * labels + j)) << 3), total);
    }
  }
  const final = forward + ((<usize>((steps - 1) * labels)) << 3);
  let peak: f64 = -Infinity;
  for (let j = 0; j < labels; j++) peak = max(peak, double(final, j) + float(end, j));
  let sum: f64 = 0;
  for (let j = 0; j < labels; j++) sum += Math.exp(double(final, j) + float(end, j) - peak);
  return peak + Math.log(sum);
}

/** backward[t, i]: the same over all that follows i at step t, its own emission excluded. */
function passBackward(
  x: usize,
  transitions: usize,
  end: usize,
  backward: usize,
  steps: i32,
  labels: i32,
): void {
  for (let i = 0; i < labels; i++) {
    f64.store(backward + ((<usize>((steps - 1) * labels + i)) << 3), float(end, i));
  }
  for (let t = steps - 2; t >= 0; t--) {
    const next = backward + ((<usize>((t + 1) * labels)) << 3);
    for (let i = 0; i < labels; i++) {
      let peak: f64 = -Infinity;
      for (let j = 0; j < labels; j++) {
        peak = max(
          peak,
          float(transitions, i * labels + j) + float(x, (t + 1) * labels + j) + double(next, j),
        );
      }
      let sum: f64 = 0;
      if (peak !== -Infinity) {
        for (let j = 0; j < labels; j++) {
          const score = float(transitions, i * labels + j) + float(x, (t + 1) * labels + j) + double(next, j);
          sum += Math.exp(score - peak);
        }
      }
      f64.store(backward + ((<usize>(t * labels + i)) << 3), peak + Math.log(sum));
    }
  }
}

function scoreOf(
  path: usize,
  x: usize,
  start: usize,
  transitions: usize,
  end: usize,
  steps: i32,
  labels: i32,
): f64 {
  let score = float(start, labelAt(path, 0)) + float(end, labelAt(path, steps - 1));
  for (let t = 0; t < steps; t++) {
    const label = labelAt(path, t);
    score += float(x, t * labels + label);
    if (t > 0) score += float(transitions, labelAt(path, t - 1) * labels + label);
  }
  return score;
}

function expectLabels(
  forward: usize,
  backward: usize,
  logPartition: f64,
  scale: f32,
  out: usize,
  steps: i32,
  labels: i32,
): void {
  for (let i = 0; i < steps * labels; i++) {
    const marginal = Math.exp(double(forward, i) + double(backward, i) - logPartition);
    f32.store(out + ((<usize>i) << 2), <f32>(marginal * <f64>scale));
  }
}

function expectTransitions(
  x: usize,
  transitions: usize,
  forward: usize,
  backward: usize,
  logPartition: f64,
  scale: f32,
  out: usize,
  steps: i32,
  labels: i32,
): void {
  for (let i = 0; i < labels; i++) {
    for (let j = 0; j < labels; j++) {
      const transition = float(transitions, i * labels + j) - logPartition;
      let sum: f64 = 0;
      for (let t = 1; t < steps; t++) {
        const after = float(x, t * labels + j) + double(backward, t * labels + j);
        sum += Math.exp(double(forward, (t - 1) * labels + i) + transition + after);
      }
      f32.store(out + ((<usize>(i * labels + j)) << 2), <f32>(sum * <f64>scale));
    }
  }
}

function subtractPath(
  path: usize,
  scale: f32,
  emissions: usize,
  start: usize,
  transitions: usize,
  end: usize,
  steps: i32,
  labels: i32,
): void {
  subtract(start, labelAt(path, 0), scale);
  subtract(end, labelAt(path, steps - 1), scale);
  for (let t = 0; t < steps; t++) {
    const label = labelAt(path, t);
    subtract(emissions, t * labels + label, scale);
    if (t > 0) subtract(transitions, labelAt(path, t - 1) * labels + label, scale);
  }
}

function subtract(values: usize, index: i32, amount: f32): void {
  const at = values + ((<usize>index) << 2);
  f32.store(at, f32.load(at) - amount);
}
