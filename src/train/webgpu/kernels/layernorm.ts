import { either, type Kernel, type Operand, reads, variants, writes } from "../kernel.ts";
import { sum } from "../reduction.ts";

const THREADS = 64;

/** Layer normalisation (Ba et al. 2016), of fours where `wide`. Workgroups: rows, which a workgroup takes one after the other. */
const rowKernel = <O extends string, P extends string>(
  name: string,
  operands: (type: string) => Readonly<Record<O, Operand>>,
  parameters: Kernel<O, P>["parameters"],
  body: string,
) =>
  variants(({ wide }: { readonly wide: boolean }): Kernel<O, P | "rows" | "size"> => {
    const type = wide ? "vec4f" : "f32";
    return {
      name: `${name}${wide ? " wide" : ""}`,
      operands: operands(type),
      parameters: { rows: "u32", size: "u32", ...parameters } as Kernel<O, P | "rows" | "size">["parameters"],
      reductions: { sumOf: sum("vec2f", THREADS) },
      code: `
alias Value = ${type};
fn total(value: Value) -> f32 {
  return ${wide ? "dot(value, vec4f(1.0))" : "value"};
}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let size = f32(parameters.size);
  let values = parameters.size / ${wide ? 4 : 1}u;
  for (var row = group.x; row < parameters.rows; row += groups.x) {
    let first = row * values;
    ${body}
  }
}`,
    };
  });

const eachValue = (body: string) => `for (var i = thread; i < values; i += ${THREADS}u) {
      ${body}
    }`;

/** out = (x − mean) / √(variance + epsilon) · gamma + beta; statistics [rows, 2]: mean and 1 / √(variance + epsilon) */
export const layerNorm = rowKernel(
  "layerNorm",
  (type) => ({
    x: either(reads(type)),
    gamma: reads(type),
    beta: reads(type),
    out: either(writes(type)),
    statistics: writes("vec2f"),
  }),
  { epsilon: "f32" },
  `var sum = Value();
    ${eachValue("sum += load_x(first + i);")}
    let mean = sumOf(vec2f(total(sum), 0.0), thread).x / size;
    var squares = Value();
    ${eachValue(`let centred = load_x(first + i) - Value(mean);
      squares += centred * centred;`)}
    let inverse = 1.0 / sqrt(sumOf(vec2f(total(squares), 0.0), thread).x / size + parameters.epsilon);
    ${eachValue("store_out(first + i, (load_x(first + i) - Value(mean)) * inverse * gamma[i] + beta[i]);")}
    if (thread == 0u) {
      statistics[row] = vec2f(mean, inverse);
    }`,
);

/** The gradient by x. */
export const layerNormBackward = rowKernel(
  "layerNormBackward",
  (type) => ({
    x: either(reads(type)),
    gamma: reads(type),
    statistics: reads("vec2f"),
    gradient: either(reads(type)),
    out: either(writes(type)),
  }),
  {},
  `let mean = statistics[row].x;
    let inverse = statistics[row].y;
    var sum = Value();
    var product = Value();
    ${eachValue(`let scaled = load_gradient(first + i) * gamma[i];
      sum += scaled;
      product += scaled * ((load_x(first + i) - Value(mean)) * inverse);`)}
    let means = sumOf(vec2f(total(sum), total(product)), thread) / size;
    ${eachValue(`let normal = (load_x(first + i) - Value(mean)) * inverse;
      store_out(first + i, (load_gradient(first + i) * gamma[i] - Value(means.x) - normal * means.y) * inverse);`)}`,
);
