import { either, type Kernel, reads, writes } from "../kernel.ts";
import * as reduction from "../reduction.ts";
import { EXP_AND_LOG } from "./math.ts";

const THREADS = 128;
const IGNORED = -100;

/** losses[row] = −log softmax(logits[row])[label], gradient = scale · (softmax − one-hot). Workgroups: rows. */
export const crossEntropy: Kernel<"logits" | "labels" | "gradient" | "losses", "rows" | "columns" | "scale"> =
  {
    name: "crossEntropy",
    operands: { logits: either(reads()), labels: reads("i32"), gradient: writes(), losses: writes() },
    parameters: { rows: "u32", columns: "u32", scale: "f32" },
    reductions: { sumOf: reduction.sum("f32", THREADS), peakOf: reduction.maximum("f32", THREADS) },
    code: `
${EXP_AND_LOG}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  for (var row = group.x; row < parameters.rows; row += groups.x) {
    let first = row * parameters.columns;
    let label = labels[row];
    var most = -3.4e38;
    for (var i = thread; i < parameters.columns; i += ${THREADS}u) {
      most = max(most, load_logits(first + i));
    }
    let peak = peakOf(most, thread);
    var part = 0.0;
    for (var i = thread; i < parameters.columns; i += ${THREADS}u) {
      part += expOf(load_logits(first + i) - peak);
    }
    let sum = sumOf(part, thread);
    let counts = label != ${IGNORED};
    for (var i = thread; i < parameters.columns; i += ${THREADS}u) {
      let share = expOf(load_logits(first + i) - peak) / sum;
      let slope = (share - f32(i32(i) == label)) * parameters.scale;
      gradient[first + i] = select(0.0, slope, counts);
    }
    if (thread == 0u) {
      losses[row] = select(0.0, logOf(sum) - (load_logits(first + u32(max(label, 0))) - peak), counts);
    }
  }
}`,
  };

/** As {@link crossEntropy}, of the labels 1 and 0 by one logit a row. */
export const binaryCrossEntropy: Kernel<"logits" | "labels" | "gradient" | "losses", "rows" | "scale"> = {
  name: "binaryCrossEntropy",
  operands: { logits: reads(), labels: reads("i32"), gradient: writes(), losses: writes() },
  parameters: { rows: "u32", scale: "f32" },
  code: `
${EXP_AND_LOG}
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var row = id.x; row < parameters.rows; row += groups.x * ${THREADS}u) {
    let x = logits[row];
    let label = labels[row];
    let less = expOf(-abs(x)); // e^−|x|, of which log(1 + e) is as exact as e where that is tiny
    let tail = select(logOf(1.0 + less), less, less < 1e-4);
    let loss = max(select(x, -x, label == 1), 0.0) + tail;
    let share = select(less, 1.0, x >= 0.0) / (1.0 + less);
    losses[row] = select(0.0, loss, label != ${IGNORED});
    gradient[row] = select(0.0, (share - f32(label)) * parameters.scale, label != ${IGNORED});
  }
}`,
};
export const BINARY_CROSS_ENTROPY_WORKGROUP = THREADS;

const SUM_THREADS = 256;

/** out [1] = Σ x, or its root. One workgroup. */
const sumKernel = (name: string, result: string): Kernel<"x" | "out", "count"> => ({
  name,
  operands: { x: reads(), out: writes() },
  parameters: { count: "u32" },
  reductions: { sumOf: reduction.sum("f32", SUM_THREADS) },
  code: `
@compute @workgroup_size(${SUM_THREADS})
fn main(@builtin(local_invocation_index) thread: u32) {
  var part = 0.0;
  for (var i = thread; i < parameters.count; i += ${SUM_THREADS}u) {
    part += x[i];
  }
  let sum = sumOf(part, thread);
  if (thread == 0u) {
    out[0] = ${result};
  }
}`,
});

export const sum = sumKernel("sum", "sum");
export const rootOfSum = sumKernel("rootOfSum", "sqrt(sum)");
