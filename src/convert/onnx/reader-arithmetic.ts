import type { CheckpointTensor } from "../checkpoint-tensor.ts";
import { dequantized, transposed } from "../lazy-tensor.ts";
import type { Pointwise } from "./activations.ts";
import { constantNumber, scalarOf } from "./reader-numbers.ts";
import {
  asElementwise,
  type Constant,
  isSignal,
  type Side,
  type Signal,
  type Statistic,
  type Value,
} from "./reader-values.ts";

export type ArithmeticOperator = "Add" | "Sub" | "Mul" | "Div" | "Pow";

const FUNCTIONS: Readonly<Record<ArithmeticOperator, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
};

/** More than any activation takes: as a guard against functions that call themselves twice, again and again. */
const LARGEST_FUNCTION = 64;

/** What `left operator right` is in the model's words; undefined where it is nothing known. */
export function arithmetic(operator: ArithmeticOperator, left: Value, right: Value): Value | undefined {
  if (left.kind === "constant" && right.kind === "constant") return functionOf(operator, left, right);
  const commutative = operator === "Add" || operator === "Mul";
  return (
    inOrder(operator, left, right) ??
    (commutative ? inOrder(operator, right, left) : undefined) ??
    functionOf(operator, left, right)
  );
}

/** What only one order of the operands makes. */
function inOrder(operator: ArithmeticOperator, a: Value, b: Value): Value | undefined {
  if (a.kind === "statistic") return statisticWith(operator, a, b);
  if (a.kind === "constant" && b.kind === "statistic" && b.what === "deviation" && operator === "Div") {
    return scalarOf(a) === 1 ? { ...b, what: "inverse" } : undefined;
  }
  if (operator === "Sub") {
    return isSignal(a) && b.kind === "statistic" && b.what === "mean" && b.of === a
      ? { ...b, what: "centered" }
      : undefined;
  }
  if (operator === "Mul" && b.kind === "constant" && a.kind === "scale-of-quantized") {
    return { kind: "scale-product", of: a.of, scale: b.tensor };
  }
  if (operator === "Mul" && a.kind === "integer-product" && b.kind === "scale-product" && a.of === b.of) {
    const weight = dequantizedColumns(a.weight, b.scale, a.zeroPoint);
    return { kind: "linear", of: a.of, weight, bias: undefined };
  }
  if (operator !== "Add" || !isSignal(a)) return undefined;
  if (b.kind === "constant" && (a.kind === "linear" || a.kind === "norm") && a.bias === undefined) {
    return { ...a, bias: b.tensor };
  }
  // A mask, whatever it is made of, on scores that go into a softmax.
  if (b.kind === "side" && asElementwise(a).of.kind === "products") return a;
  return undefined;
}

/** The next step from x to its norm: (x - mean) / √(variance + epsilon) · weight + bias. */
function statisticWith(operator: ArithmeticOperator, a: Statistic, b: Value): Signal | undefined {
  const other = b.kind === "statistic" && b.of === a.of ? b : undefined;
  const same = other?.what === "centered" || (b.kind === "constant" && scalarOf(b) === 2);
  if (a.what === "centered" && same && operator === (other === undefined ? "Pow" : "Mul")) {
    return { ...a, what: "squared" };
  }
  if (a.what === "variance" && operator === "Add" && b.kind === "constant") {
    const epsilon = scalarOf(b);
    return epsilon === undefined ? undefined : { ...a, epsilon };
  }
  const divided = operator === "Div" && other?.what === "deviation";
  const multiplied = operator === "Mul" && other?.what === "inverse";
  if (a.what === "centered" && other !== undefined && (divided || multiplied)) {
    return { ...other, what: "normal" };
  }
  if (a.what === "normal" && operator === "Mul" && b.kind === "constant") {
    return { kind: "norm", of: a.of, weight: b.tensor, bias: undefined, epsilon: a.epsilon };
  }
  return undefined;
}

/** A function of one signal, a sum of two, or numbers that no signal is part of. */
function functionOf(operator: ArithmeticOperator, a: Value, b: Value): Value | undefined {
  const f = FUNCTIONS[operator];
  if (isSignal(a) && isSignal(b)) {
    const [left, right] = [asElementwise(a), asElementwise(b)];
    const size = left.size + right.size + 1;
    if (left.of !== right.of) return operator === "Add" ? { kind: "sum", left: a, right: b } : undefined;
    if (size > LARGEST_FUNCTION) return undefined;
    return { ...left, apply: (x) => f(left.apply(x), right.apply(x)), size };
  }
  if (isSignal(a)) return isSignal(b) ? undefined : withNumber(a, b, f);
  if (isSignal(b)) return withNumber(b, a, (x, number) => f(number, x));
  const [left, right] = [scalarOf(a), scalarOf(b)];
  if (left === undefined || right === undefined) return undefined;
  return constantNumber(f(left, right), (a as Constant).tensor.file);
}

function withNumber(
  signal: Signal,
  other: Constant | Side,
  f: (x: number, number: number) => number,
): Signal | undefined {
  // A factor that hangs on shapes alone is not worked out and NaN; one that hangs on a text is none.
  const number = other.kind === "constant" ? scalarOf(other) : other.inputs.size === 0 ? NaN : undefined;
  return number === undefined ? undefined : applied(signal, (x) => f(x, number));
}

/** A function of a signal's numbers; undefined where it grows too large. */
export function applied(signal: Signal, f: Pointwise): Signal | undefined {
  const inner = asElementwise(signal);
  if (inner.size >= LARGEST_FUNCTION) return undefined;
  return { ...inner, apply: (x) => f(inner.apply(x)), size: inner.size + 1 };
}

/** Integer weights [inputs, outputs], with a scale for all or for each output, as weights [outputs, inputs]. */
export function dequantizedColumns(
  weight: CheckpointTensor,
  scale: CheckpointTensor,
  zeroPoint: CheckpointTensor | undefined,
): CheckpointTensor {
  return transposed(dequantized(weight, scale, zeroPoint, 1), [1, 0]);
}
