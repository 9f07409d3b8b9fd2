import onnxProto, { type onnx } from "onnx-proto";

// A CommonJS module: its names are known only when it runs.
const { AttributeProto, ModelProto, TensorProto } = onnxProto.onnx;
const { FLOAT, INT, INTS } = AttributeProto.AttributeType;

/** The element types that the exported graphs use, by their names in ONNX. */
export const ELEMENT_TYPES = {
  float: TensorProto.DataType.FLOAT,
  int8: TensorProto.DataType.INT8,
  uint8: TensorProto.DataType.UINT8,
  int64: TensorProto.DataType.INT64,
} as const;

export type ElementType = keyof typeof ELEMENT_TYPES;

/** LayerNormalization is an operator from 17 on, which onnxruntime has had since 1.12. */
const OPSET_VERSION = 17;
/** The oldest version of the file format that goes with that operator set. */
const IR_VERSION = 8;

export type Attribute = onnx.IAttributeProto;

export const intAttribute = (name: string, i: number): Attribute => ({ name, type: INT, i });
export const intsAttribute = (name: string, ints: readonly number[]): Attribute => ({
  name,
  type: INTS,
  ints: [...ints],
});
export const floatAttribute = (name: string, f: number): Attribute => ({ name, type: FLOAT, f });

type Dimension = number | string;

/**
 * An ONNX graph in the making. A value is known by its name; every operator appends a node and returns the names of
 * what it computes.
 */
export class OnnxGraph {
  readonly #values = new Set<string>();
  readonly #nodes: onnx.INodeProto[] = [];
  readonly #initializers = new Map<string, onnx.ITensorProto>();
  readonly #inputs: onnx.IValueInfoProto[] = [];
  readonly #outputs: onnx.IValueInfoProto[] = [];

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
      this.#initializers.set(name, { name, dataType: ELEMENT_TYPES[type], dims: [...dims], rawData });
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
    let bytes = 0;
    for (const { rawData } of this.#initializers.values()) bytes += rawData!.length;
    return bytes;
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
    this.#nodes.push({
      name: names[0]!,
      opType: operator,
      input: [...inputs],
      output: [...names],
      attribute: [...attributes],
    });
  }

  /**
   * The model file's bytes.
   *
   * @param metadata for the file's `metadata_props`
   */
  encode(name: string, metadata: Readonly<Record<string, string>>): Uint8Array {
    return ModelProto.encode({
      irVersion: IR_VERSION,
      opsetImport: [{ domain: "", version: OPSET_VERSION }],
      producerName: "electra-edge",
      graph: {
        name,
        node: this.#nodes,
        initializer: [...this.#initializers.values()],
        input: this.#inputs,
        output: this.#outputs,
      },
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    }).finish();
  }
}

function valueInfo(name: string, type: ElementType, shape: readonly Dimension[]): onnx.IValueInfoProto {
  const dim = shape.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape: { dim } } } };
}
