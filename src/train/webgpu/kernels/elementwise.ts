import { either, type Kernel, type Operand, reads, updates, variants, writes } from "../kernel.ts";
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
  (type) => ({ out: either(writes(type)) }),
  { value: "f32" },
  () => "",
  "",
  "store_out(i, Value(parameters.value));",
);

/** out = x + y */
export const add = elementwise(
  "add",
  (type) => ({ x: either(reads(type)), y: either(reads(type)), out: either(writes(type)) }),
  {},
  () => "",
  "",
  "store_out(i, load_x(i) + load_y(i));",
);

/** out = x, either of them of 16 bits */
export const convert = elementwise(
  "convert",
  (type) => ({ x: either(reads(type)), out: either(writes(type)) }),
  {},
  () => "",
  "",
  "store_out(i, load_x(i));",
);

/** out *= factor */
export const multiply = elementwise(
  "multiply",
  (type) => ({ out: updates(type) }),
  { factor: "f32" },
  () => "",
  "",
  "out[i] *= parameters.factor;",
);

/** With t = |x| its tail is e^−2u, u = √(2/π)(t + 0.044715 t³). */
const GELU_NEW = `
fn geluNewTail(t: Value) -> Value {
  return exp(-min(t * (1.5957691216057308 + 0.0713548162715961 * t * t), Value(80.0)));
}

fn sizeOf(x: Value) -> Value {
  return min(abs(x), Value(1e4));
}

fn geluNew(x: Value) -> Value {
  let t = sizeOf(x);
  let e = geluNewTail(t);
  return select(x, Value(0.0), x < Value(0.0)) - t * e / (1.0 + e);
}

fn geluNewDerivative(x: Value) -> Value {
  let t = sizeOf(x);
  let e = geluNewTail(t);
  let share = 1.0 / (1.0 + e);
  let above = share + t * share * share * e * (1.5957691216057308 + 0.2140644488147883 * t * t);
  return select(above, 1.0 - above, x < Value(0.0));
}
`;

const TANH = `
fn tanhTail(x: Value) -> Value {
  return exp(-min(2.0 * abs(x), Value(80.0)));
}

fn tanhOf(x: Value) -> Value {
  let e = tanhTail(x);
  return sign(x) * (1.0 - e) / (1.0 + e);
}

fn tanhDerivative(x: Value) -> Value {
  let e = tanhTail(x);
  return 4.0 * e / ((1.0 + e) * (1.0 + e));
}
`;

const activationOf = (name: string, functions: string, value: string) =>
  elementwise(
    name,
    (type) => ({ x: either(reads(type)), out: either(writes(type)) }),
    {},
    () => functions,
    "",
    `let x_i = load_x(i); store_out(i, ${value});`,
  );

const activationBackwardOf = (name: string, functions: string, slope: string) =>
  elementwise(
    name,
    (type) => ({ x: either(reads(type)), gradient: either(reads(type)), out: either(writes(type)) }),
    {},
    () => functions,
    "",
    `let x_i = load_x(i); store_out(i, load_gradient(i) * ${slope});`,
  );

export const activations = {
  gelu: activationOf("gelu", GELU, "x_i * cumulative(x_i)"),
  gelu_new: activationOf("geluNew", GELU_NEW, "geluNew(x_i)"),
  relu: activationOf("relu", "", "select(x_i, Value(0.0), x_i < Value(0.0))"),
  tanh: activationOf("tanh", TANH, "tanhOf(x_i)"),
};

/** out = gradient · the activation's derivative at x */
export const activationsBackward = {
  gelu: activationBackwardOf("geluBackward", GELU, "geluDerivative(x_i)"),
  gelu_new: activationBackwardOf("geluNewBackward", GELU_NEW, "geluNewDerivative(x_i)"),
  relu: activationBackwardOf("reluBackward", "", "select(Value(0.0), Value(1.0), x_i > Value(0.0))"),
  tanh: activationBackwardOf("tanhBackward", TANH, "tanhDerivative(x_i)"),
};

/** out = x · keptScale where the draw of the value's index is at least `probability`, else 0 (Srivastava et al. 2014) */
export const dropout = elementwise(
  "dropout",
  (type) => ({ x: either(reads(type)), out: either(writes(type)) }),
  { probability: "f32", keptScale: "f32", seed: "u32", site: "u32" },
  (wide) => RANDOM + (wide ? DRAW_FOUR : DRAW_ONE),
  "let draws = stream(parameters.seed, parameters.site);",
  "store_out(i, select(load_x(i) * parameters.keptScale, Value(0.0), draw(draws, i) < Value(parameters.probability)));",
);

/** out (+)= Σ of `parts` that lie one after the other, each as large as `out`, + bias by columns; of fours where `wide` */
export const sumParts = variants(
  ({
    bias,
    wide,
  }: {
    readonly bias: boolean;
    readonly wide: boolean;
  }): Kernel<string, "count" | "parts" | "columns" | "accumulate"> => {
    const type = wide ? "vec4f" : "f32";
    return {
      name: `sumParts${bias ? " bias" : ""}${wide ? " wide" : ""}`,
      operands: { partial: reads(type), ...(bias ? { bias: reads(type) } : {}), out: either(updates(type)) },
      parameters: { count: "u32", parts: "u32", columns: "u32", accumulate: "u32" },
      code: `
@compute @workgroup_size(${ELEMENTWISE_WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < parameters.count; i += groups.x * ${ELEMENTWISE_WORKGROUP}u) {
    var sum = ${type}();
    for (var part = 0u; part < parameters.parts; part++) {
      sum += partial[part * parameters.count + i];
    }
    ${bias ? "sum += bias[i % parameters.columns];" : ""}
    if (parameters.accumulate != 0u) {
      sum += load_out(i);
    }
    store_out(i, sum);
  }
}`,
    };
  },
);
