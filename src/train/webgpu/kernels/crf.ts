import { type Kernel, reads, updates, writes } from "../kernel.ts";
import { maximum, sum } from "../reduction.ts";
import { EXP_AND_LOG } from "./math.ts";
import { RANGE_OF } from "./sequences.ts";

const THREADS = 64;

/**
 * The negative log-likelihood of label paths under a linear-chain CRF (Lafferty et al. 2001) and its gradients, as
 * `assembly/train/crf.ts` computes them, but in f32: the scores of each step are kept as differences to their largest, so
 * that no sum grows with the sequence and probabilities stay exact. Workgroups: sequences.
 *
 * `work` holds of each sequence its gradients and its loss, [sequences, labels + labels² + labels + 1], then [steps, labels]
 * forward scores, as many backward ones, and [steps, 2]: the largest score, and the logarithm of all paths' sum.
 */
export const crfLoss: Kernel<
  "emissions" | "path" | "offsets" | "start" | "transitions" | "end" | "gradient" | "work",
  "sequences" | "steps" | "labels" | "scale"
> = {
  name: "crfLoss",
  operands: {
    emissions: reads(),
    path: reads("u32"),
    offsets: reads("u32"),
    start: reads(),
    transitions: reads(),
    end: reads(),
    gradient: writes(),
    work: writes(),
  },
  parameters: { sequences: "u32", steps: "u32", labels: "u32", scale: "f32" },
  reductions: { peakOf: maximum("f32", THREADS), sumOf: sum("f32", THREADS) },
  code: `
${EXP_AND_LOG}
${RANGE_OF}
const LOWEST = -1e30; // stands for −∞, so that differences of two are numbers

/** Scores of −∞ by their bits: WGSL lets comparisons with them be left out. */
fn score(x: f32) -> f32 {
  return select(x, LOWEST, bitcast<u32>(x) == 0xff800000u);
}

fn emission(step: u32, label: u32) -> f32 {
  return score(emissions[step * parameters.labels + label]);
}

fn transition(previous: u32, label: u32) -> f32 {
  return score(transitions[previous * parameters.labels + label]);
}

fn forwardAt(step: u32, label: u32) -> u32 {
  let columns = parameters.labels * (parameters.labels + 2u) + 1u;
  return parameters.sequences * columns + step * parameters.labels + label;
}

fn backwardAt(step: u32, label: u32) -> u32 {
  return forwardAt(parameters.steps + step, label);
}

fn peakAt(step: u32) -> u32 {
  return forwardAt(2u * parameters.steps, 0u) + 2u * step;
}

/** Takes the largest off every label's score, and tells it. */
fn normalise(at: u32, thread: u32) -> f32 {
  var most = LOWEST;
  for (var j = thread; j < parameters.labels; j += ${THREADS}u) {
    most = max(most, work[at + j]);
  }
  let peak = peakOf(most, thread);
  for (var j = thread; j < parameters.labels; j += ${THREADS}u) {
    work[at + j] -= peak;
  }
  storageBarrier();
  return peak;
}

/** The logarithm of the sum over the labels i of e^(work[at + i] + addend), at most one path an i. */
fn sumOver(at: u32, label: u32) -> f32 {
  var peak = LOWEST;
  for (var i = 0u; i < parameters.labels; i++) {
    peak = max(peak, work[at + i] + transition(i, label));
  }
  var sum = 0.0;
  for (var i = 0u; i < parameters.labels; i++) {
    sum += expOf(work[at + i] + transition(i, label) - peak);
  }
  return peak + logOf(sum);
}

fn sumOfNext(step: u32, label: u32) -> f32 {
  var peak = LOWEST;
  for (var j = 0u; j < parameters.labels; j++) {
    peak = max(peak, transition(label, j) + emission(step, j) + work[backwardAt(step, j)]);
  }
  var sum = 0.0;
  for (var j = 0u; j < parameters.labels; j++) {
    sum += expOf(transition(label, j) + emission(step, j) + work[backwardAt(step, j)] - peak);
  }
  return peak + logOf(sum);
}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let steps = rangeOf(group.x, thread);
  let labels = parameters.labels;
  let lastStep = steps.y - 1u;

  var loss = 0.0; // the largest scores less those of the path, so that neither sum grows large
  for (var step = steps.x; step < steps.y; step++) {
    for (var j = thread; j < labels; j += ${THREADS}u) {
      var before = score(start[j]);
      if (step > steps.x) {
        before = sumOver(forwardAt(step - 1u, 0u), j);
      }
      work[forwardAt(step, j)] = before + emission(step, j);
    }
    let peak = normalise(forwardAt(step, 0u), thread);
    let label = path[step];
    if (step == steps.x) {
      loss += peak - (score(start[label]) + emission(step, label));
    } else {
      loss += peak - (transition(path[step - 1u], label) + emission(step, label));
    }
    if (thread == 0u) {
      work[peakAt(step)] = peak;
    }
  }
  for (var step = steps.y; step > steps.x; step--) {
    let here = step - 1u;
    for (var i = thread; i < labels; i += ${THREADS}u) {
      var after = score(end[i]);
      if (here < lastStep) {
        after = sumOfNext(here + 1u, i);
      }
      work[backwardAt(here, i)] = after;
    }
    let ends = normalise(backwardAt(here, 0u), thread);
    var most = LOWEST;
    for (var i = thread; i < labels; i += ${THREADS}u) {
      most = max(most, work[forwardAt(here, i)] + work[backwardAt(here, i)]);
    }
    let peak = peakOf(most, thread);
    var part = 0.0;
    for (var i = thread; i < labels; i += ${THREADS}u) {
      part += expOf(work[forwardAt(here, i)] + work[backwardAt(here, i)] - peak);
    }
    let all = peak + logOf(sumOf(part, thread));
    if (thread == 0u) {
      work[peakAt(here) + 1u] = all;
    }
    if (here == lastStep) {
      loss += (ends - score(end[path[lastStep]])) + all;
    }
    for (var i = thread; i < labels; i += ${THREADS}u) {
      let share = expOf(work[forwardAt(here, i)] + work[backwardAt(here, i)] - all);
      gradient[here * labels + i] = (share - f32(i == path[here])) * parameters.scale;
    }
  }
  storageBarrier();

  let own = group.x * (labels * (labels + 2u) + 1u);
  for (var i = thread; i < labels; i += ${THREADS}u) {
    work[own + i] = gradient[steps.x * labels + i];
    work[own + labels + labels * labels + i] = gradient[lastStep * labels + i];
  }
  for (var pair = thread; pair < labels * labels; pair += ${THREADS}u) {
    let i = pair / labels;
    let j = pair % labels;
    var sum = 0.0;
    for (var step = steps.x + 1u; step < steps.y; step++) {
      let through = work[forwardAt(step - 1u, i)] + transition(i, j) + emission(step, j) - work[peakAt(step)];
      sum += expOf(through + work[backwardAt(step, j)] - work[peakAt(step) + 1u]);
      sum -= f32(path[step - 1u] == i && path[step] == j);
    }
    work[own + labels + pair] = sum * parameters.scale;
  }
  if (thread == 0u) {
    work[own + labels * (labels + 2u)] = loss;
  }
}`,
};

/** Adds the sums of all sequences to the parameters' gradients, and puts that of the losses where it belongs. */
export const crfGradients: Kernel<"sums" | "start" | "transitions" | "end" | "loss", "labels"> = {
  name: "crfGradients",
  operands: { sums: reads(), start: updates(), transitions: updates(), end: updates(), loss: writes() },
  parameters: { labels: "u32" },
  code: `
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let labels = parameters.labels;
  let square = labels * labels;
  let i = id.x;
  if (i < labels) {
    start[i] += sums[i];
    end[i] += sums[labels + square + i];
  }
  if (i < square) {
    transitions[i] += sums[labels + i];
  }
  if (i == 0u) {
    loss[0] = sums[labels + square + labels];
  }
}`,
};
export const CRF_GRADIENTS_WORKGROUP = THREADS;
