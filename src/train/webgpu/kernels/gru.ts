import { type Kernel, reads, updates, writes } from "../kernel.ts";
import { EXP_AND_LOG } from "./math.ts";
import { RANGE_OF } from "./sequences.ts";

const THREADS = 256;

/** What is kept of a step for each unit: r, z, W_hn h + b_hn, n, and on the way back the gradient by the h before. */
export const KEPT = 5;

const GATES = `
${EXP_AND_LOG}
fn sigmoidOf(x: f32) -> f32 {
  let e = expOf(-abs(x));
  return select(1.0, e, x < 0.0) / (1.0 + e);
}

/** See \`assembly/math.ts\`. */
fn tanhOf(x: f32) -> f32 {
  let size = abs(x);
  let e = expOf(-2.0 * size);
  let square = size * size;
  var p = fma(0.018672161541525102, square, -0.05353616890828087);
  p = fma(p, square, 0.13330907519275864);
  p = fma(p, square, -0.3333328532691309);
  let near = fma(p * square, size, size);
  let t = select((1.0 - e) / (1.0 + e), near, size < 0.4);
  return select(t, -t, x < 0.0);
}`;

/** The sequence that a workgroup goes through; \`step\` counts from its first step to be done. */
const SEQUENCE = `
${RANGE_OF}
fn rowOf(steps: vec2u, step: u32) -> u32 {
  return select(steps.x + step, steps.y - 1u - step, parameters.reverse == 1u);
}

fn outAt(row: u32, unit: u32) -> u32 {
  return (2u * row + parameters.reverse) * parameters.size + unit;
}

fn keptAt(row: u32, part: u32, unit: u32) -> u32 {
  return (${KEPT}u * row + part) * parameters.size + unit;
}

fn gateAt(row: u32, gate: u32, unit: u32) -> u32 {
  return (3u * row + gate) * parameters.size + unit;
}`;

/** One direction of a layer of gated recurrent units (Cho et al. 2014) as torch.nn.GRU has them. Workgroups: sequences. */
export const gru: Kernel<"inputs" | "weight" | "bias" | "offsets" | "out" | "kept", "size" | "reverse"> = {
  name: "gru",
  operands: {
    inputs: reads(),
    weight: reads(),
    bias: reads(),
    offsets: reads("u32"),
    out: updates(),
    kept: writes(),
  },
  parameters: { size: "u32", reverse: "u32" },
  code: `
${GATES}
${SEQUENCE}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let steps = rangeOf(group.x, thread);
  let size = parameters.size;
  for (var step = 0u; step < steps.y - steps.x; step++) {
    let row = rowOf(steps, step);
    for (var j = thread; j < size; j += ${THREADS}u) {
      var reset = bias[j];
      var update = bias[size + j];
      var hidden = bias[2u * size + j];
      var held = 0.0;
      if (step > 0u) {
        let before = outAt(rowOf(steps, step - 1u), 0u);
        held = out[before + j];
        for (var i = 0u; i < size; i++) {
          let h = out[before + i];
          reset = fma(weight[j * size + i], h, reset);
          update = fma(weight[(size + j) * size + i], h, update);
          hidden = fma(weight[(2u * size + j) * size + i], h, hidden);
        }
      }
      let r = sigmoidOf(inputs[gateAt(row, 0u, j)] + reset);
      let z = sigmoidOf(inputs[gateAt(row, 1u, j)] + update);
      let n = tanhOf(fma(r, hidden, inputs[gateAt(row, 2u, j)]));
      kept[keptAt(row, 0u, j)] = r;
      kept[keptAt(row, 1u, j)] = z;
      kept[keptAt(row, 2u, j)] = hidden;
      kept[keptAt(row, 3u, j)] = n;
      out[outAt(row, j)] = fma(z, held - n, n);
    }
    storageBarrier();
  }
}`,
};

/**
 * The gradients by W_i x + b_i and by W_h h + b_h, which differ in what r scales, and the h that each step began with.
 * Workgroups: sequences.
 */
export const gruBackward: Kernel<
  "weight" | "offsets" | "out" | "kept" | "gradient" | "inputsGradient" | "hiddenGradient" | "previous",
  "size" | "reverse"
> = {
  name: "gruBackward",
  operands: {
    weight: reads(),
    offsets: reads("u32"),
    out: reads(),
    kept: updates(),
    gradient: reads(),
    inputsGradient: writes(),
    hiddenGradient: writes(),
    previous: writes(),
  },
  parameters: { size: "u32", reverse: "u32" },
  code: `
${SEQUENCE}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let steps = rangeOf(group.x, thread);
  let size = parameters.size;
  let count = steps.y - steps.x;
  for (var left = count; left > 0u; left--) {
    let step = left - 1u;
    let row = rowOf(steps, step);
    let before = rowOf(steps, max(step, 1u) - 1u);
    for (var j = thread; j < size; j += ${THREADS}u) {
      let r = kept[keptAt(row, 0u, j)];
      let z = kept[keptAt(row, 1u, j)];
      let hidden = kept[keptAt(row, 2u, j)];
      let n = kept[keptAt(row, 3u, j)];
      var h = 0.0;
      if (step > 0u) {
        h = out[outAt(before, j)];
      }
      var g = gradient[outAt(row, j)];
      if (left < count) {
        g += kept[keptAt(row, 4u, j)];
      }
      let ofN = g * (1.0 - z) * (1.0 - n * n);
      let ofZ = g * (h - n) * z * (1.0 - z);
      let ofR = ofN * hidden * r * (1.0 - r);
      previous[row * size + j] = h;
      inputsGradient[gateAt(row, 0u, j)] = ofR;
      inputsGradient[gateAt(row, 1u, j)] = ofZ;
      inputsGradient[gateAt(row, 2u, j)] = ofN;
      hiddenGradient[gateAt(row, 0u, j)] = ofR;
      hiddenGradient[gateAt(row, 1u, j)] = ofZ;
      hiddenGradient[gateAt(row, 2u, j)] = ofN * r;
      if (step > 0u) {
        kept[keptAt(before, 4u, j)] = g * z;
      }
    }
    storageBarrier();
    if (step > 0u) {
      for (var j = thread; j < size; j += ${THREADS}u) {
        var sum = kept[keptAt(before, 4u, j)];
        for (var i = 0u; i < 3u * size; i++) {
          sum = fma(hiddenGradient[gateAt(row, 0u, i)], weight[i * size + j], sum);
        }
        kept[keptAt(before, 4u, j)] = sum;
      }
    }
    storageBarrier();
  }
}`,
};
