import { ELEMENT_TYPES } from "./fields.ts";
import { intAttribute, type OnnxGraph } from "./graph.ts";

const INT8_LIMIT = 127;
const UINT8_LIMIT = 255;

/** How a graph holds the weights of embeddings and linear layers, and computes with them. */
export interface OnnxWeights {
  /**
   * The rows that `ids` name → [batch, tokens, size].
   *
   * @param name what the result is called, and the layer in the model
   * @param table [rows, size]
   */
  embedding(graph: OnnxGraph, name: string, ids: string, table: Float32Array, size: number): string;
  /**
   * x [batch, tokens, inputs] · weightᵀ + bias → [batch, tokens, outputs].
   *
   * @param name what the result is called, and the layer in the model
   * @param weight [outputs, inputs]
   * @param bias [outputs]
   */
  linear(
    graph: OnnxGraph,
    name: string,
    x: string,
    weight: Float32Array,
    bias: Float32Array,
    output?: string,
  ): string;
}

/** Weights and arithmetic in float32, as torch.onnx writes them. */
export const floatWeights: OnnxWeights = {
  embedding(graph, name, ids, table, size) {
    const rows = graph.initializer(`${name}.weight`, "float", [table.length / size, size], table);
    return graph.add(name, "Gather", [rows, ids]);
  },

  linear(graph, name, x, weight, bias, output = name) {
    const [outputs, inputs] = [bias.length, weight.length / bias.length];
    const values = transpose(weight, outputs, inputs);
    const right = graph.initializer(`${name}.weight.transposed`, "float", [inputs, outputs], values);
    const product = graph.add(`${name}.product`, "MatMul", [x, right]);
    return graph.add(output, "Add", [product, graph.initializer(`${name}.bias`, "float", [outputs], bias)]);
  },
};

/**
 * Dynamic quantization, as onnxruntime's `quantize_dynamic` does it with QInt8 and per_channel: weights in int8 with
 * a scale for each output, inputs in uint8 with scale and zero point found at each run, products summed in int32.
 * Embeddings are int8 with one scale for the table.
 */
export const int8Weights: OnnxWeights = {
  embedding(graph, name, ids, table, size) {
    const { values, scale, zeroPoint } = quantizeTable(table);
    const rows = graph.initializer(`${name}.weight.quantized`, "uint8", [table.length / size, size], values);
    return graph.add(name, "DequantizeLinear", [
      graph.add(`${name}.quantized`, "Gather", [rows, ids]),
      graph.floats(`${name}.weight.scale`, scale),
      graph.initializer(`${name}.weight.zero_point`, "uint8", [], Uint8Array.of(zeroPoint)),
    ]);
  },

  linear(graph, name, x, weight, bias, output = name) {
    const [outputs, inputs] = [bias.length, weight.length / bias.length];
    const { values, scales } = quantizeRows(weight, outputs);
    const right = graph.initializer(
      `${name}.weight.quantized`,
      "int8",
      [inputs, outputs],
      transpose(values, outputs, inputs),
    );
    const zeros = graph.initializer(`${name}.weight.zero_point`, "int8", [outputs], new Int8Array(outputs));
    const [left, leftScale, leftZero] = [`${x}.quantized`, `${x}.scale`, `${x}.zero_point`];
    if (!graph.has(left)) graph.addMany([left, leftScale, leftZero], "DynamicQuantizeLinear", [x]);
    const sum = graph.add(`${name}.sum`, "MatMulInteger", [left, right, leftZero, zeros]);
    const rightScale = graph.initializer(`${name}.weight.scale`, "float", [outputs], scales);
    const scale = graph.add(`${name}.scale_of_sum`, "Mul", [leftScale, rightScale]);
    const product = graph.add(`${name}.product`, "Mul", [
      graph.add(`${name}.sum.float`, "Cast", [sum], intAttribute("to", ELEMENT_TYPES.float)),
      scale,
    ]);
    return graph.add(output, "Add", [product, graph.initializer(`${name}.bias`, "float", [outputs], bias)]);
  },
};

/** Symmetric int8: each of `rows` equal parts of `weight` is `values` times its scale. */
function quantizeRows(weight: Float32Array, rows: number): { values: Int8Array; scales: Float32Array } {
  const size = weight.length / rows;
  const values = new Int8Array(weight.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const part = weight.subarray(row * size, (row + 1) * size);
    const largest = part.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    // A row of zeros needs a scale too, one that divides.
    const scale = largest === 0 ? 1 : Math.fround(largest / INT8_LIMIT);
    scales[row] = scale;
    for (let i = 0; i < size; i++) values[row * size + i] = quantize(part[i]!, scale);
  }
  return { values, scales };
}

/** uint8 with a zero point: `table` is scale times (`values` - zero point), from its least to its greatest value. */
function quantizeTable(table: Float32Array): { values: Uint8Array; scale: number; zeroPoint: number } {
  const least = table.reduce((min, value) => Math.min(min, value), 0);
  const greatest = table.reduce((max, value) => Math.max(max, value), 0);
  const scale = least === greatest ? 1 : Math.fround((greatest - least) / UINT8_LIMIT);
  const zeroPoint = quantize(-least, scale);
  const values = Uint8Array.from(table, (value) =>
    Math.min(UINT8_LIMIT, Math.max(0, quantize(value, scale) + zeroPoint)),
  );
  return { values, scale, zeroPoint };
}

/** The integer nearest to value / scale in float32 arithmetic; of two, the even one. */
function quantize(value: number, scale: number): number {
  const quotient = Math.fround(value / scale);
  const rounded = Math.round(quotient);
  return rounded - quotient === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function transpose<T extends Float32Array | Int8Array>(matrix: T, rows: number, columns: number): T {
  const transposed = matrix.slice() as T;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      transposed[column * rows + row] = matrix[row * columns + column]!;
    }
  }
  return transposed;
}
