import { type Kernel, reads, writes } from "../kernel.ts";
import { reduction } from "./reduction.ts";

const THREADS = 64;
const SUM = reduction("sumOf", "vec2f", THREADS, "a + b");

/** Layer normalisation (Ba et al. 2016). Workgroups: rows, which a workgroup takes one after the other. */
const rowKernel = <O extends string, P extends string>(
  name: string,
  operands: Kernel<O>["operands"],
  parameters: Kernel<O, P>["parameters"],
  body: string,
): Kernel<O, P | "rows" | "size"> => ({
  name,
  operands,
  parameters: { rows: "u32", size: "u32", ...parameters } as Kernel<O, P | "rows" | "size">["parameters"],
  code: `
${SUM}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let size = f32(parameters.size);
  for (var row = group.x; row < parameters.rows; row += groups.x) {
    let first = row * parameters.size;
    ${body}
  }
}`,
});

const eachValue = (body: string) => `for (var i = thread; i < parameters.size; i += ${THREADS}u) {
      ${body}
    }`;

/** out = (x − mean) / √(variance + epsilon) · gamma + beta; statistics [rows, 2]: mean and 1 / √(variance + epsilon) */
export const layerNorm = rowKernel(
  "layerNorm",
  { x: reads(), gamma: reads(), beta: reads(), out: writes(), statistics: writes("vec2f") },
  { epsilon: "f32" },
  `var sum = 0.0;
    ${eachValue("sum += x[first + i];")}
    let mean = sumOf(vec2f(sum, 0.0), thread).x / size;
    var squares = 0.0;
    ${eachValue(`let centred = x[first + i] - mean;
      squares += centred * centred;`)}
    let inverse = 1.0 / sqrt(sumOf(vec2f(squares, 0.0), thread).x / size + parameters.epsilon);
    ${eachValue("out[first + i] = (x[first + i] - mean) * inverse * gamma[i] + beta[i];")}
    if (thread == 0u) {
      statistics[row] = vec2f(mean, inverse);
    }`,
);

/** The gradient by x. */
export const layerNormBackward = rowKernel(
  "layerNormBackward",
  { x: reads(), gamma: reads(), statistics: reads("vec2f"), gradient: reads(), out: writes() },
  {},
  `let mean = statistics[row].x;
    let inverse = statistics[row].y;
    var sums = vec2f();
    ${eachValue(`let scaled = gradient[first + i] * gamma[i];
      sums += vec2f(scaled, scaled * ((x[first + i] - mean) * inverse));`)}
    let means = sumOf(sums, thread) / size;
    ${eachValue(`let normal = (x[first + i] - mean) * inverse;
      out[first + i] = (gradient[first + i] * gamma[i] - means.x - normal * means.y) * inverse;`)}`,
);
