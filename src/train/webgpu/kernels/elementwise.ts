import { type Kernel, type Operand, reads, updates, variants, writes } from "../kernel.ts";
import { GELU } from "./math.ts";
import { RANDOM } from "./random.ts";

/** What is done to each value for itself, four at a time where their number allows it. */
export interface ElementwiseVariant {
  readonly wide: boolean;
}

/** Values that a workgroup's threads take in one turn of their loop. */
export const ELEMENTWISE_WORKGROUP = 256;

const elementwise = <O extends string, P extends string>(
  name: string,
  operands: (type: string) => Readonly<Record<O, Operand>>,
  parameters: Readonly<Record<P, "u32" | "f32">>,
  functions: (wide: boolean) => string,
  before: string,
  statement: string,
) =>
  variants(({ wide }: ElementwiseVariant): Kernel<O, P | "count"> => {
    const value = wide ? "vec4f" : "f32";
    return {
      name: `${name}${wide ? " wide" : ""}`,
      operands: operands(value),
      parameters: { count: "u32", ...parameters } as Kernel<O, P | "count">["parameters"],
      code: `
alias Value = ${value};
${functions(wide)}
@compute @workgroup_size(${ELEMENTWISE_WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  ${before}
  for (var i = id.x; i < parameters.count; i += groups.x * ${ELEMENTWISE_WORKGROUP}u) {
    ${statement}
  }
}`,
    };
  });

const DRAW_ONE = `
fn draw(draws: u32, i: u32) -> f32 {
  return drawAt(draws, i);
}`;
const DRAW_FOUR = `
fn draw(draws: u32, i: u32) -> vec4f {
  let at = 4u * i;
  return vec4f(drawAt(draws, at), drawAt(draws, at + 1u), drawAt(draws, at + 2u), drawAt(draws, at + 3u));
}`;

/** out = value */
export const fill = elementwise(
  "fill",
  (type) => ({ out: writes(type) }),
  { value: "f32" },
  () => "",
  "",
  "out[i] = Value(parameters.value);",
);

/** out = x + y */
export const add = elementwise(
  "add",
  (type) => ({ x: reads(type), y: reads(type), out: writes(type) }),
  {},
  () => "",
  "",
  "out[i] = x[i] + y[i];",
);

export const gelu = elementwise(
  "gelu",
  (type) => ({ x: reads(type), out: writes(type) }),
  {},
  () => GELU,
  "",
  "out[i] = x[i] * cumulative(x[i]);",
);

/** out = gradient · GELU′(x) */
export const geluBackward = elementwise(
  "geluBackward",
  (type) => ({ x: reads(type), gradient: reads(type), out: writes(type) }),
  {},
  () => GELU,
  "",
  "out[i] = gradient[i] * geluDerivative(x[i]);",
);

/** out = x · keptScale where the draw of the value's index is at least `probability`, else 0 (Srivastava et al. 2014) */
export const dropout = elementwise(
  "dropout",
  (type) => ({ x: reads(type), out: writes(type) }),
  { probability: "f32", keptScale: "f32", seed: "u32", site: "u32" },
  (wide) => RANDOM + (wide ? DRAW_FOUR : DRAW_ONE),
  "let draws = stream(parameters.seed, parameters.site);",
  "out[i] = select(x[i] * parameters.keptScale, Value(0.0), draw(draws, i) < Value(parameters.probability));",
);

/** out (+)= Σ of `parts` that lie one after the other, each as large as `out`, + bias by columns */
export const sumParts = variants(
  ({ bias }: { readonly bias: boolean }): Kernel<string, "count" | "parts" | "columns" | "accumulate"> => ({
    name: `sumParts${bias ? " bias" : ""}`,
    operands: { partial: reads(), ...(bias ? { bias: reads() } : {}), out: updates() },
    parameters: { count: "u32", parts: "u32", columns: "u32", accumulate: "u32" },
    code: `
@compute @workgroup_size(${ELEMENTWISE_WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < parameters.count; i += groups.x * ${ELEMENTWISE_WORKGROUP}u) {
    var sum = 0.0;
    for (var part = 0u; part < parameters.parts; part++) {
      sum += partial[part * parameters.count + i];
    }
    ${bias ? "sum += bias[i % parameters.columns];" : ""}
    if (parameters.accumulate != 0u) {
      sum += out[i];
    }
    out[i] = sum;
  }
}`,
  }),
);
