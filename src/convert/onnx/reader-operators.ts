import type { CheckpointTensor } from "../checkpoint-tensor.ts";
import { dequantized, product, reshaped, rowsOf, transposed } from "../lazy-tensor.ts";
import { ACTIVATIONS, erf, type Pointwise, sigmoid } from "./activations.ts";
import { type ArithmeticOperator, applied, arithmetic } from "./reader-arithmetic.ts";
import type { OnnxNode } from "./reader-node.ts";
import { numbersOf, scalarOf, withNumbers } from "./reader-numbers.ts";
import { AXES_LIMIT } from "./reader-tensors.ts";
import {
  asElementwise,
  type Constant,
  isSignal,
  type Linear,
  NOTHING,
  type Signal,
  type Value,
} from "./reader-values.ts";

/**
 * An operator's outputs; undefined where what it does is no part of any model known here.
 *
 * @param inputs the node's first, as many as any operator here takes; undefined for one that is left out
 */
export type Operator = (
  node: OnnxNode,
  ...inputs: readonly [Input, Input, Input, Input]
) => readonly Value[] | undefined;

type Input = Value | undefined;

/** Float weights and those of dynamic quantization; other types are of positions and shapes. */
const WEIGHT_DTYPES = /^(B?F\d+|[IU]8)$/;

const INTEGERS = /^[IU]8$/;

/** What one matrix gives: queries, keys and values. */
const PARTS_LIMIT = 3;

/** Leaves the numbers as they are. */
const keep: Operator = (_, value) => value && [value];

const transpose: Operator = (node, value) => {
  if (value?.kind !== "constant") return value && [value];
  const { tensor } = value;
  const axes = tensor.shape.length;
  const order = node.integers("perm", AXES_LIMIT + 1) ?? Array.from(tensor.shape, (_, i) => axes - 1 - i);
  const whole = order.length === axes && order.every((axis, i) => order.indexOf(axis) === i);
  if (!whole || !order.every((axis) => axis >= 0 && axis < axes && Number.isInteger(axis))) return undefined;
  if (order.every((axis, i) => axis === i)) return [value];
  const view = transposed(tensor, order);
  return [product(view.shape) === 1 ? withNumbers(view, numbersOf(value)) : constant(view)];
};

const reshape: Operator = (_, value, target) => {
  if (value?.kind !== "constant") return value && [value];
  const wanted = numbersOf(target);
  if (wanted === undefined) return undefined;
  const { tensor } = value;
  const sizes = wanted.map((size, axis) => (size === 0 ? (tensor.shape[axis] ?? 0) : size));
  const elements = product(tensor.shape);
  const free = elements / product(sizes.filter((size) => size !== -1));
  const shape = sizes.map((size) => (size === -1 ? free : size));
  const fits = product(shape) === elements && shape.every((size) => Number.isInteger(size) && size >= 0);
  return fits ? [withNumbers(reshaped(tensor, shape), numbersOf(value))] : undefined;
};

/** Takes or gives axes of one element; among constants, of numbers alone. */
const rearrange: Operator = (_, value) =>
  value?.kind === "constant" && product(value.tensor.shape) !== 1 ? undefined : value && [value];

const elementwise =
  (apply: Pointwise): Operator =>
  (_, value) =>
    pointwise(value, apply);

function pointwise(value: Input, apply: Pointwise): readonly Value[] | undefined {
  const signal = isSignal(value) ? applied(value, apply) : undefined;
  return signal && [signal];
}

const binary =
  (operator: ArithmeticOperator): Operator =>
  (_, left, right) => {
    // What hangs on shapes and ids alone needs no more than the names of its inputs.
    if (!left || !right || !(isWeighty(left) || isWeighty(right))) return undefined;
    const value = arithmetic(operator, left, right);
    return value && [value];
  };

const isWeighty = (value: Value): boolean => value.kind !== "side";

const squareRoot: Operator = (_, value) =>
  value?.kind === "statistic" && value.what === "variance" ? [{ ...value, what: "deviation" }] : undefined;

const reciprocal: Operator = (_, value) =>
  value?.kind === "statistic" && value.what === "deviation" ? [{ ...value, what: "inverse" }] : undefined;

const mean: Operator = (_, value) => {
  if (!isSignal(value)) return undefined;
  const squared = value.kind === "statistic" && value.what === "squared";
  return [
    squared ? { ...value, what: "variance" } : { kind: "statistic", what: "mean", of: value, epsilon: 0 },
  ];
};

const layerNormalization: Operator = (node, of, weight, bias) => {
  if (!isSignal(of) || weight?.kind !== "constant") return undefined;
  const epsilon = node.float("epsilon") ?? 1e-5;
  return [{ kind: "norm", of, weight: weight.tensor, bias: tensorOf(bias), epsilon }];
};

const gather: Operator = (node, data, indices) => {
  const axis = node.integer("axis") ?? 0;
  if (data?.kind === "constant" && axis === 0 && isTable(data.tensor) && indices !== undefined) {
    if (isSignal(indices)) return undefined;
    const ids = indices.kind === "side" ? indices.inputs : NOTHING.inputs;
    return [{ kind: "embedding", table: data.tensor, ids }];
  }
  if (isSignal(data) && axis === 1 && scalarOf(indices) === 0) return [{ kind: "first-token", of: data }];
  return undefined;
};

const slice: Operator = (_, data, starts, ends, axes) => {
  const [start, axis] = [scalarOf(starts), scalarOf(axes) ?? 0];
  if (data?.kind === "constant") {
    // The first rows of the positions' table, as many as the text has tokens.
    const rows = isTable(data.tensor) && start === 0 && axis === 0 && ends?.kind === "side";
    return rows ? [{ kind: "embedding", table: data.tensor, ids: NOTHING.inputs }] : undefined;
  }
  const end = scalarOf(ends);
  if (!isSignal(data) || start === undefined || end === undefined) return undefined;
  if (start === 0 && end >= 2 ** 31 - 1) return [data];
  if (axis === 1 && start === 0 && end === 1) return [{ kind: "first-token", of: data }];
  const isLast = axis === -1 || axis === 2;
  const layer = isLast && data.kind === "linear" ? part(data, start, end) : undefined;
  return layer && [layer];
};

const split: Operator = (node, data, sizes) => {
  const axis = node.integer("axis") ?? 0;
  if (data?.kind !== "linear" || (axis !== -1 && axis !== 2)) return undefined;
  const rows = data.weight.shape[0]!;
  const outputs = node.outputs.length;
  if (outputs > PARTS_LIMIT) return undefined;
  const stated = sizes !== undefined ? numbersOf(sizes) : node.integers("split", outputs);
  const isUnread = sizes !== undefined && stated === undefined;
  if (isUnread || (stated !== undefined && stated.length > outputs)) return undefined;
  const parts = stated ?? Array<number>(outputs).fill(rows / outputs);
  const layers: Linear[] = [];
  let end = 0;
  for (const size of parts) {
    end += size;
    const layer = part(data, end - size, end);
    if (layer === undefined) return undefined;
    layers.push(layer);
  }
  return layers;
};

const matMul: Operator = (_, left, right) => {
  if (!isSignal(left)) return undefined;
  if (right?.kind === "constant") return linear(left, right.tensor, false, undefined);
  if (!isSignal(right)) return undefined;
  if (left.kind === "shares") {
    const { query, key, factor } = left.products;
    return [{ kind: "attention", query, key, value: right, factor }];
  }
  const [query, key] = [asElementwise(left), asElementwise(right)];
  const [ofQuery, ofKey] = [slopeOf(query.apply), slopeOf(key.apply)];
  if (ofQuery === undefined || ofKey === undefined) return undefined;
  return [{ kind: "products", query: query.of, key: key.of, factor: ofQuery * ofKey }];
};

const gemm: Operator = (node, left, right, bias) => {
  const integer = (name: string) => node.integer(name) ?? 0;
  const plain = ["alpha", "beta"].every((name) => (node.float(name) ?? 1) === 1);
  if (!isSignal(left) || right?.kind !== "constant" || !plain || integer("transA") !== 0) return undefined;
  return linear(left, right.tensor, integer("transB") === 1, tensorOf(bias));
};

const softmax: Operator = (_, value) => {
  if (!isSignal(value)) return undefined;
  const { of, apply } = asElementwise(value);
  const factor = slopeOf(apply);
  if (of.kind !== "products" || factor === undefined) return undefined;
  return [{ kind: "shares", products: { ...of, factor: of.factor * factor } }];
};

/** A mask put in place of scores, or zeros in place of the shares of a text that is all padding. */
const where: Operator = (_, __, left, right) => {
  const signal = isSignal(left) ? left : right;
  if (!isSignal(signal) || (isSignal(left) && isSignal(right))) return undefined;
  return signal.kind === "shares" || asElementwise(signal).of.kind === "products" ? [signal] : undefined;
};

const dequantizeLinear: Operator = (node, value, scale, zeroPoint) => {
  if (value?.kind === "quantized") return [value.of];
  if (scale?.kind !== "constant" || value === undefined) return undefined;
  const zeros = tensorOf(zeroPoint);
  if (value.kind === "embedding") {
    return [{ ...value, table: dequantized(value.table, scale.tensor, zeros, 1) }];
  }
  if (value.kind !== "constant" || !isTable(value.tensor) || !INTEGERS.test(value.tensor.dtype))
    return undefined;
  const axis = node.integer("axis") ?? 1;
  const view = dequantized(value.tensor, scale.tensor, zeros, axis < 0 ? axis + 2 : axis);
  if (product(view.shape) !== 1) return [constant(view)];
  const [integer, factor, zero] = [
    scalarOf(value),
    scalarOf(scale),
    zeros === undefined ? 0 : scalarOf(zeroPoint),
  ];
  if (integer === undefined || factor === undefined || zero === undefined) return undefined;
  return [withNumbers(view, [Math.fround((integer - zero) * factor)])];
};

const quantizeLinear: Operator = (_, value) =>
  isSignal(value) ? [{ kind: "quantized", of: value }] : undefined;

const dynamicQuantizeLinear: Operator = (_, value) =>
  isSignal(value)
    ? [{ kind: "quantized", of: value }, { kind: "scale-of-quantized", of: value }, NOTHING]
    : undefined;

const matMulInteger: Operator = (_, left, right, __, zeroPoint) => {
  if (left?.kind !== "quantized" || right?.kind !== "constant" || !isTable(right.tensor)) return undefined;
  return [{ kind: "integer-product", of: left.of, weight: right.tensor, zeroPoint: tensorOf(zeroPoint) }];
};

const gelu: Operator = (node, value) => {
  const tanh = node.text("approximate") === "tanh";
  return pointwise(value, tanh ? ACTIVATIONS.gelu_new : ACTIVATIONS.gelu);
};

/** No number of a text is left in it. */
const aside: Operator = () => [NOTHING];

/** By ONNX's names. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ["Identity", keep],
  ["Cast", keep],
  ["Dropout", keep],
  ["Expand", rearrange],
  ["Flatten", rearrange],
  ["Squeeze", rearrange],
  ["Unsqueeze", rearrange],
  ["Concat", (node, ...inputs) => (node.inputs.length === 1 ? rearrange(node, ...inputs) : undefined)],
  ["Reshape", reshape],
  ["Transpose", transpose],
  ["Shape", aside],
  ["Size", aside],
  ["IsNaN", aside],
  ["Add", binary("Add")],
  ["Sub", binary("Sub")],
  ["Mul", binary("Mul")],
  ["Div", binary("Div")],
  ["Pow", binary("Pow")],
  ["Sqrt", squareRoot],
  ["Reciprocal", reciprocal],
  ["ReduceMean", mean],
  ["LayerNormalization", layerNormalization],
  ["Erf", elementwise(erf)],
  ["Tanh", elementwise(Math.tanh)],
  ["Sigmoid", elementwise(sigmoid)],
  ["Relu", elementwise(ACTIVATIONS.relu)],
  ["Gelu", gelu],
  ["Gather", gather],
  ["Slice", slice],
  ["Split", split],
  ["MatMul", matMul],
  ["Gemm", gemm],
  ["Softmax", softmax],
  ["Where", where],
  ["QuantizeLinear", quantizeLinear],
  ["DequantizeLinear", dequantizeLinear],
  ["DynamicQuantizeLinear", dynamicQuantizeLinear],
  ["MatMulInteger", matMulInteger],
]);

const constant = (tensor: CheckpointTensor): Constant => ({ kind: "constant", tensor });

export const tensorOf = (value: Value | undefined): CheckpointTensor | undefined =>
  value?.kind === "constant" ? value.tensor : undefined;

const isTable = ({ shape, dtype }: CheckpointTensor): boolean =>
  shape.length === 2 && WEIGHT_DTYPES.test(dtype);

/** @param byOutputs whether `weight` is [outputs, inputs]; else it is [inputs, outputs] */
function linear(
  of: Signal,
  weight: CheckpointTensor,
  byOutputs: boolean,
  bias: CheckpointTensor | undefined,
): readonly Value[] | undefined {
  if (weight.shape.length !== 2) return undefined;
  return [{ kind: "linear", of, weight: byOutputs ? weight : transposed(weight, [1, 0]), bias }];
}

/** Some of a linear layer's outputs: as the queries, keys and values that one matrix gives. */
function part(layer: Linear, begin: number, end: number): Linear | undefined {
  const rows = layer.weight.shape[0]!;
  const from = begin < 0 ? begin + rows : begin;
  const to = end < 0 ? end + rows : Math.min(end, rows);
  if (!Number.isInteger(from) || from < 0 || to <= from) return undefined;
  const bias = layer.bias && rowsOf(layer.bias, from, to);
  return { ...layer, weight: rowsOf(layer.weight, from, to), bias };
}

/** What a function multiplies by; undefined where it does anything else. NaN goes through: see `withNumber`. */
function slopeOf(apply: Pointwise): number | undefined {
  const slope = apply(1);
  const isElse = [-2, 0, 3].some((x) => Math.abs(apply(x) - slope * x) > 1e-6 * Math.abs(slope));
  return isElse ? undefined : slope;
}
