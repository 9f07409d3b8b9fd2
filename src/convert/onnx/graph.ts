import {
  ATTRIBUTE,
  ATTRIBUTE_TYPES,
  DIMENSION,
  ELEMENT_TYPES,
  ENTRY,
  GRAPH,
  MODEL,
  NODE,
  OPSET,
  SHAPE,
  TENSOR,
  TENSOR_TYPE,
  TYPE,
  VALUE_INFO,
} from "./fields.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";

export type ElementType = keyof typeof ELEMENT_TYPES;

/** LayerNormalization is an operator from 17 on, which onnxruntime has had since 1.12. */
const OPSET_VERSION = 17;
/** The oldest version of the file format that goes with that operator set. */
const IR_VERSION = 8;

export type Attribute = ProtobufWriter;

export const intAttribute = (name: string, i: number): Attribute =>
  new ProtobufWriter()
    .text(ATTRIBUTE.name, name)
    .integer(ATTRIBUTE.i, i)
    .integer(ATTRIBUTE.type, ATTRIBUTE_TYPES.int);
export const intsAttribute = (name: string, ints: readonly number[]): Attribute =>
  new ProtobufWriter()
    .text(ATTRIBUTE.name, name)
    .integers(ATTRIBUTE.ints, ints)
    .integer(ATTRIBUTE.type, ATTRIBUTE_TYPES.ints);
export const floatAttribute = (name: string, f: number): Attribute =>
  new ProtobufWriter()
    .text(ATTRIBUTE.name, name)
    .float(ATTRIBUTE.f, f)
    .integer(ATTRIBUTE.type, ATTRIBUTE_TYPES.float);

type Dimension = number | string;

/**
 * An ONNX graph in the making. A value is known by its name; every operator appends a node and returns the names of
 * what it computes.
 */
export class OnnxGraph {
  readonly #values = new Set<string>();
  readonly #nodes: ProtobufWriter[] = [];
  readonly #initializers = new Map<string, ProtobufWriter>();
  readonly #inputs: ProtobufWriter[] = [];
  readonly #outputs: ProtobufWriter[] = [];
  #byteLength = 0;

  /** @param shape a string is an axis whose length the caller chooses at each run */
  input(name: string, type: ElementType, shape: readonly Dimension[]): string {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  /** @param name a value of the graph */
  output(name: string, type: ElementType, shape: readonly Dimension[]): void {
    this.#outputs.push(valueInfo(name, type, shape));
  }

  /** A tensor of the file; named a second time it stays the first. */
  initializer(
    name: string,
    type: ElementType,
    dims: readonly number[],
    values: Float32Array | Int8Array | Uint8Array | BigInt64Array,
  ): string {
    if (!this.#initializers.has(name)) {
      const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      const tensor = new ProtobufWriter()
        .integers(TENSOR.dims, dims)
        .integer(TENSOR.dataType, ELEMENT_TYPES[type])
        .text(TENSOR.name, name)
        .content(TENSOR.rawData, rawData);
      this.#initializers.set(name, tensor);
      this.#byteLength += rawData.length;
    }
    return name;
  }

  floats(name: string, ...values: number[]): string {
    return this.initializer(
      name,
      "float",
      values.length === 1 ? [] : [values.length],
      Float32Array.from(values),
    );
  }

  /** A list of integers, such as an operator takes for axes or a shape. */
  integers(name: string, ...values: number[]): string {
    return this.initializer(name, "int64", [values.length], BigInt64Array.from(values, BigInt));
  }

  /** Bytes of all tensors: what a model file is made of but for some thousands. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Whether some operator computes a value of this name. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Appends an operator with one output, which gets `name`; so does the node itself. */
  add(
    name: string,
    operator: string,
    inputs: readonly string[],
    ...attributes: readonly Attribute[]
  ): string {
    this.addMany([name], operator, inputs, ...attributes);
    return name;
  }

  /** Appends an operator with an output for each of `names`. */
  addMany(
    names: readonly string[],
    operator: string,
    inputs: readonly string[],
    ...attributes: readonly Attribute[]
  ): void {
    for (const name of names) this.#values.add(name);
    const node = new ProtobufWriter();
    for (const input of inputs) node.text(NODE.input, input);
    for (const name of names) node.text(NODE.output, name);
    node.text(NODE.name, names[0]!).text(NODE.opType, operator);
    for (const attribute of attributes) node.message(NODE.attribute, attribute);
    this.#nodes.push(node);
  }

  /**
   * The model file's bytes.
   *
   * @param metadata for the file's `metadata_props`
   */
  encode(name: string, metadata: Readonly<Record<string, string>>): Uint8Array {
    const graph = new ProtobufWriter();
    for (const node of this.#nodes) graph.message(GRAPH.node, node);
    graph.text(GRAPH.name, name);
    for (const tensor of this.#initializers.values()) graph.message(GRAPH.initializer, tensor);
    for (const input of this.#inputs) graph.message(GRAPH.input, input);
    for (const output of this.#outputs) graph.message(GRAPH.output, output);

    const operators = new ProtobufWriter().text(OPSET.domain, "").integer(OPSET.version, OPSET_VERSION);
    const model = new ProtobufWriter()
      .integer(MODEL.irVersion, IR_VERSION)
      .text(MODEL.producerName, "electra-edge")
      .message(MODEL.graph, graph)
      .message(MODEL.opsetImport, operators);
    for (const [key, value] of Object.entries(metadata)) {
      model.message(MODEL.metadataProps, new ProtobufWriter().text(ENTRY.key, key).text(ENTRY.value, value));
    }
    return model.bytes();
  }
}

function valueInfo(name: string, type: ElementType, shape: readonly Dimension[]): ProtobufWriter {
  const axes = new ProtobufWriter();
  for (const size of shape) {
    const axis = new ProtobufWriter();
    if (typeof size === "string") axis.text(DIMENSION.dimParam, size);
    else axis.integer(DIMENSION.dimValue, size);
    axes.message(SHAPE.dim, axis);
  }
  const tensor = new ProtobufWriter()
    .integer(TENSOR_TYPE.elemType, ELEMENT_TYPES[type])
    .message(TENSOR_TYPE.shape, axes);
  return new ProtobufWriter()
    .text(VALUE_INFO.name, name)
    .message(VALUE_INFO.type, new ProtobufWriter().message(TYPE.tensorType, tensor));
}
