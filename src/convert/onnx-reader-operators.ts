import { ACTIVATIONS, erf, type Pointwise, sigmoid } from "./activations.ts";
import type { CheckpointTensor } from "./checkpoint-tensor.ts";
import { dequantized, floatsOf, product, reshaped, rowsOf, transposed } from "./lazy-tensor.ts";
import { type ArithmeticOperator, applied, arithmetic, scalarOf } from "./onnx-reader-arithmetic.ts";
import type { OnnxNode } from "./onnx-reader-node.ts";
import { AXES_LIMIT } from "./onnx-reader-tensors.ts";
import {
  asElementwise,
  type Constant,
  isSignal,
  type Linear,
  NOTHING,
  type Signal,
  type Value,
} from "./onnx-reader-values.ts";

/** A node of a graph, its inputs known. */
export interface Operation {
  /** Undefined for an optional input that is left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly node: OnnxNode;
}

/** An operator's outputs; undefined where what it does is no part of any model known here. */
export type Operator = (
  operation: Operation,
) => Promise<readonly Value[] | undefined> | readonly Value[] | undefined;

/** Float weights and those of dynamic quantization; other types are of positions and shapes. */
const WEIGHT_DTYPES = /^(B?F\d+|[IU]8)$/;

/** Leaves the numbers as they are. */
const keep: Operator = ({ inputs: [value] }) => value && [value];

const transpose: Operator = ({ inputs: [value], node }) => {
  if (value?.kind !== "constant") return value && [value];
  const { tensor } = value;
  const order = node.integers("perm", AXES_LIMIT + 1) ?? tensor.shape.map((_, axis) => axis).reverse();
  const whole = [...order].sort((a, b) => a - b).every((axis, i) => axis === i);
  return whole && order.length === tensor.shape.length ? [constant(transposed(tensor, order))] : undefined;
};

const reshape: Operator = async ({ inputs: [value, target] }) => {
  if (value?.kind !== "constant") return value && [value];
  if (target?.kind !== "constant" || product(target.tensor.shape) > AXES_LIMIT) return undefined;
  const { tensor } = value;
  const sizes = [...(await floatsOf(target.tensor))].map((size, axis) =>
    size === 0 ? (tensor.shape[axis] ?? 0) : size,
  );
  const elements = product(tensor.shape);
  const free = elements / product(sizes.filter((size) => size !== -1));
  const shape = sizes.map((size) => (size === -1 ? free : size));
  return product(shape) === elements ? [constant(reshaped(tensor, shape))] : undefined;
};

/** Takes or gives axes of one element; among constants, of numbers alone. */
const rearrange: Operator = ({ inputs: [value] }) =>
  value?.kind === "constant" && product(value.tensor.shape) !== 1 ? undefined : value && [value];

const elementwise =
  (apply: Pointwise): Operator =>
  ({ inputs: [value] }) => {
    const signal = isSignal(value) ? applied(value, apply) : undefined;
    return signal && [signal];
  };

const binary =
  (operator: ArithmeticOperator): Operator =>
  ({ inputs: [left, right] }) => {
    // What hangs on shapes and ids alone needs no more than the names of its inputs.
    if (!left || !right || !(isWeighty(left) || isWeighty(right))) return undefined;
    return arithmetic(operator, left, right).then((value) => value && [value]);
  };

const isWeighty = (value: Value): boolean => value.kind !== "side";

const squareRoot: Operator = ({ inputs: [value] }) =>
  value?.kind === "statistic" && value.what === "variance" ? [{ ...value, what: "deviation" }] : undefined;

const reciprocal: Operator = ({ inputs: [value] }) =>
  value?.kind === "statistic" && value.what === "deviation" ? [{ ...value, what: "inverse" }] : undefined;

const mean: Operator = ({ inputs: [value] }) => {
  if (!isSignal(value)) return undefined;
  const squared = value.kind === "statistic" && value.what === "squared";
  return [
    squared ? { ...value, what: "variance" } : { kind: "statistic", what: "mean", of: value, epsilon: 0 },
  ];
};

const layerNormalization: Operator = ({ inputs: [of, weight, bias], node }) => {
  if (!isSignal(of) || weight?.kind !== "constant") return undefined;
  const epsilon = node.float("epsilon") ?? 1e-5;
  return [{ kind: "norm", of, weight: weight.tensor, bias: tensorOf(bias), epsilon }];
};

const gather: Operator = async ({ inputs: [data, indices], node }) => {
  const axis = node.integer("axis") ?? 0;
  if (data?.kind === "constant" && axis === 0 && isTable(data.tensor) && indices !== undefined) {
    if (isSignal(indices)) return undefined;
    const ids = indices.kind === "side" ? indices.inputs : NOTHING.inputs;
    return [{ kind: "embedding", table: data.tensor, ids }];
  }
  if (isSignal(data) && axis === 1 && (await scalarOf(indices)) === 0)
    return [{ kind: "first-token", of: data }];
  return undefined;
};

const slice: Operator = async ({ inputs: [data, starts, ends, axes] }) => {
  const [start, axis] = [await scalarOf(starts), (await scalarOf(axes)) ?? 0];
  if (data?.kind === "constant") {
    // The first rows of the positions' table, as many as the text has tokens.
    const rows = isTable(data.tensor) && start === 0 && axis === 0 && ends?.kind === "side";
    return rows ? [{ kind: "embedding", table: data.tensor, ids: NOTHING.inputs }] : undefined;
  }
  const end = await scalarOf(ends);
  if (!isSignal(data) || start === undefined || end === undefined) return undefined;
  if (start === 0 && end >= 2 ** 31 - 1) return [data];
  if (axis === 1 && start === 0 && end === 1) return [{ kind: "first-token", of: data }];
  const isLast = axis === -1 || axis === 2;
  return isLast && data.kind === "linear" ? part(data, start, end) : undefined;
};

const split: Operator = async ({ inputs: [data, sizes], node }) => {
  const axis = node.integer("axis") ?? 0;
  if (data?.kind !== "linear" || (axis !== -1 && axis !== 2)) return undefined;
  const rows = data.weight.shape[0]!;
  const outputs = node.outputs.length;
  if (sizes?.kind === "constant" && product(sizes.tensor.shape) > outputs) return undefined;
  const stated =
    sizes?.kind === "constant" ? [...(await floatsOf(sizes.tensor))] : node.integers("split", outputs);
  const parts = stated ?? Array<number>(outputs).fill(rows / outputs);
  let end = 0;
  return parts.flatMap((size) => {
    end += size;
    return part(data, end - size, end) ?? [];
  });
};

const matMul: Operator = ({ inputs: [left, right] }) => {
  if (!isSignal(left)) return undefined;
  if (right?.kind === "constant") return linear(left, right.tensor, false, undefined);
  if (!isSignal(right)) return undefined;
  if (left.kind === "shares") {
    const { query, key, factor } = left.products;
    return [{ kind: "attention", query, key, value: right, factor }];
  }
  const [query, key] = [asElementwise(left), asElementwise(right)];
  return [
    { kind: "products", query: query.of, key: key.of, factor: slopeOf(query.apply) * slopeOf(key.apply) },
  ];
};

const gemm: Operator = ({ inputs: [left, right, bias], node }) => {
  const integer = (name: string) => node.integer(name) ?? 0;
  const plain = ["alpha", "beta"].every((name) => (node.float(name) ?? 1) === 1);
  if (!isSignal(left) || right?.kind !== "constant" || !plain || integer("transA") !== 0) return undefined;
  return linear(left, right.tensor, integer("transB") === 1, tensorOf(bias));
};

const softmax: Operator = ({ inputs: [value] }) => {
  if (!isSignal(value)) return undefined;
  const { of, apply } = asElementwise(value);
  if (of.kind !== "products") return undefined;
  return [{ kind: "shares", products: { ...of, factor: of.factor * slopeOf(apply) } }];
};

/** A mask put in place of scores, or zeros in place of the shares of a text that is all padding. */
const where: Operator = ({ inputs: [, ...values] }) => {
  const [signal, ...others] = values.filter(isSignal);
  if (signal === undefined || others.length > 0) return undefined;
  return signal.kind === "shares" || asElementwise(signal).of.kind === "products" ? [signal] : undefined;
};

const dequantizeLinear: Operator = ({ inputs: [value, scale, zeroPoint], node }) => {
  if (value?.kind === "quantized") return [value.of];
  if (scale?.kind !== "constant" || value === undefined) return undefined;
  const zeros = tensorOf(zeroPoint);
  if (value.kind === "embedding") {
    return [{ ...value, table: dequantized(value.table, scale.tensor, zeros, 1) }];
  }
  if (value.kind !== "constant" || !isTable(value.tensor)) return undefined;
  const axis = node.integer("axis") ?? 1;
  return [constant(dequantized(value.tensor, scale.tensor, zeros, axis < 0 ? axis + 2 : axis))];
};

const quantizeLinear: Operator = ({ inputs: [value] }) =>
  isSignal(value) ? [{ kind: "quantized", of: value }] : undefined;

const dynamicQuantizeLinear: Operator = ({ inputs: [value] }) =>
  isSignal(value)
    ? [{ kind: "quantized", of: value }, { kind: "scale-of-quantized", of: value }, NOTHING]
    : undefined;

const matMulInteger: Operator = ({ inputs: [left, right, , zeroPoint] }) => {
  if (left?.kind !== "quantized" || right?.kind !== "constant" || !isTable(right.tensor)) return undefined;
  return [{ kind: "integer-product", of: left.of, weight: right.tensor, zeroPoint: tensorOf(zeroPoint) }];
};

const gelu: Operator = (operation) => {
  const tanh = operation.node.text("approximate") === "tanh";
  return elementwise(tanh ? ACTIVATIONS.gelu_new : ACTIVATIONS.gelu)(operation);
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
  ["Concat", (operation) => (operation.inputs.length === 1 ? rearrange(operation) : undefined)],
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
function part(layer: Linear, begin: number, end: number): readonly Value[] | undefined {
  const rows = layer.weight.shape[0]!;
  const [from, to] = [begin < 0 ? begin + rows : begin, end < 0 ? end + rows : Math.min(end, rows)];
  if (!Number.isInteger(from) || from < 0 || to <= from) return undefined;
  const bias = layer.bias && rowsOf(layer.bias, from, to);
  return [{ ...layer, weight: rowsOf(layer.weight, from, to), bias }];
}

/** What a function multiplies by, if it does no more than that. */
const slopeOf = (apply: Pointwise): number => apply(1) - apply(0);
