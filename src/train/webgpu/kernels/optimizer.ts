import { type Kernel, reads, updates, writes } from "../kernel.ts";
import { sum } from "../reduction.ts";
import { FINITENESS } from "./math.ts";

const THREADS = 256;
/** Values that a workgroup squares. */
export const SQUARES = 16_384;

/** partial[block] = Σ x². Workgroups: blocks, in rows of `across`. */
export const sumOfSquares: Kernel<"x" | "partial", "count" | "across"> = {
  name: "sumOfSquares",
  operands: { x: reads(), partial: writes() },
  parameters: { count: "u32", across: "u32" },
  reductions: { sumOf: sum("f32", THREADS) },
  code: `
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let block = group.y * parameters.across + group.x;
  let first = block * ${SQUARES}u;
  var part = 0.0;
  for (var i = first + thread; i < min(first + ${SQUARES}u, parameters.count); i += ${THREADS}u) {
    part += x[i] * x[i];
  }
  let sum = sumOf(part, thread);
  if (thread == 0u && first < parameters.count) {
    partial[block] = sum;
  }
}`,
};

/** Values of a parameter that a workgroup of {@link adamW} takes. */
export const STEP_VALUES = 8192;
/** Integers and floats that say of such a block where it begins, how many values it has, and how they go. */
export const BLOCK_FIELDS = 4;

/**
 * AdamW (Loshchilov & Hutter 2019, algorithm 2), as torch.optim.AdamW orders it, of many parameters at once; nothing
 * where the gradients' norm is not finite. Workgroups: blocks, in rows of `across`.
 */
export const adamW: Kernel<
  "value" | "gradient" | "firstMoment" | "secondMoment" | "blocks" | "norm",
  "count" | "across" | "newest" | "keptSquares" | "newestSquares" | "root" | "epsilon" | "clipNorm"
> = {
  name: "adamW",
  operands: {
    value: updates(),
    gradient: reads(),
    firstMoment: updates(),
    secondMoment: updates(),
    blocks: reads("vec4u"),
    norm: reads(),
  },
  parameters: {
    count: "u32",
    across: "u32",
    newest: "f32",
    keptSquares: "f32",
    newestSquares: "f32",
    root: "f32",
    epsilon: "f32",
    clipNorm: "f32",
  },
  code: `
${FINITENESS}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = group.y * parameters.across + group.x;
  if (index >= parameters.count || !isFinite(norm[0])) {
    return;
  }
  let block = blocks[index];
  let rate = bitcast<f32>(block.z); // learning rate / correction of the first moment
  let kept = bitcast<f32>(block.w); // 1 − learning rate · weight decay
  let scale = min(1.0, parameters.clipNorm / (norm[0] + 1e-6));
  for (var i = block.x + thread; i < block.x + block.y; i += ${THREADS}u) {
    let g = gradient[i] * scale;
    let m = firstMoment[i] + (g - firstMoment[i]) * parameters.newest;
    let v = secondMoment[i] * parameters.keptSquares + g * g * parameters.newestSquares;
    firstMoment[i] = m;
    secondMoment[i] = v;
    value[i] = value[i] * kept - rate * (m / (sqrt(v) * parameters.root + parameters.epsilon));
  }
}`,
};
