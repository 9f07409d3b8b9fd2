import onnxProto, { type onnx } from "onnx-proto";
import { ConvertError } from "../errors.ts";
import { brief } from "../model/json.ts";
import { OPERATORS } from "./onnx-reader-operators.ts";
import type { OnnxTensors } from "./onnx-reader-tensors.ts";
import { isSignal, type Side, type Value } from "./onnx-reader-values.ts";

const { TensorProto } = onnxProto.onnx;

/** None of the models here takes more than ids, segments, positions and a mask. */
const INPUT_LIMIT = 16;

/**
 * What each value of a graph is, in the model's words, by its name. No number of a text is computed; what an operator
 * is that none of the models here has is said where a model hangs on it.
 *
 * @throws {ConvertError} `checkpoint-malformed`; `unsupported` for tensors outside of the file's folder, or too many inputs
 */
export async function interpretGraph(
  graph: onnx.IGraphProto,
  tensors: OnnxTensors,
  file: string,
): Promise<ReadonlyMap<string, Value>> {
  const values = new Map<string, Value>();
  // Old exporters name every weight as an input too.
  const weights = new Set((graph.initializer ?? []).map(({ name }) => name));
  const given = (graph.input ?? []).filter(({ name }) => !weights.has(name));
  if (given.length > INPUT_LIMIT) {
    const detail = `the graph takes ${given.length} inputs; the models known here take at most ${INPUT_LIMIT}`;
    throw new ConvertError("unsupported", file, detail);
  }
  for (const { name } of given) values.set(name ?? "", sideOf([name ?? ""]));
  for (const initializer of graph.initializer ?? []) {
    values.set(initializer.name ?? "", await constantOf(initializer, tensors));
  }
  for (const node of graph.node ?? []) {
    const inputs = (node.input ?? []).map((name) => {
      const value = values.get(name);
      if (value !== undefined || name === "") return value;
      const detail = `the node ${nameOf(node)} takes ${brief(name)}, which nothing before it gives`;
      throw new ConvertError("checkpoint-malformed", file, detail);
    });
    const outputs = node.output ?? [];
    const results =
      node.opType === "Constant"
        ? [await constantNode(node, tensors)]
        : ((await operate(node, inputs)) ?? fallBack(node, inputs));
    outputs.forEach((name, i) => {
      values.set(name, results[i] ?? unknown(node, `has no output ${i} here`));
    });
  }
  return values;
}

async function operate(node: onnx.INodeProto, inputs: readonly (Value | undefined)[]) {
  // Nothing is known of what comes of it, but for what hangs on its shape alone.
  if (inputs.some((value) => value?.kind === "unknown") && node.opType !== "Shape") return undefined;
  const domain = node.domain || "ai.onnx";
  const operator = domain === "ai.onnx" ? OPERATORS.get(node.opType ?? "") : undefined;
  const attributes = new Map((node.attribute ?? []).map((attribute) => [attribute.name ?? "", attribute]));
  return operator?.({ inputs, attributes, outputs: node.output?.length ?? 0 });
}

/** An operator that isn't known matters only where it works on what weights have made. */
function fallBack(node: onnx.INodeProto, inputs: readonly (Value | undefined)[]): readonly Value[] {
  const earlier = inputs.find((value) => value?.kind === "unknown");
  const signal = inputs.some(isSignal);
  const result =
    earlier ??
    (signal ? unknown(node, "computes what none of the models known here does") : sideOf(namesOf(inputs)));
  return (node.output ?? []).map(() => result);
}

function* namesOf(inputs: readonly (Value | undefined)[]): Generator<string> {
  for (const value of inputs) if (value?.kind === "side") yield* value.inputs;
}

async function constantOf(proto: onnx.ITensorProto, tensors: OnnxTensors): Promise<Value> {
  const tensor = await tensors.open(proto);
  return tensor === undefined ? sideOf([]) : { kind: "constant", tensor };
}

async function constantNode(node: onnx.INodeProto, tensors: OnnxTensors): Promise<Value> {
  const [attribute] = node.attribute ?? [];
  const { FLOAT, INT64 } = TensorProto.DataType;
  const { t, f, floats, i, ints } = attribute ?? {};
  switch (attribute?.name) {
    case "value":
      return t ? constantOf(t, tensors) : sideOf([]);
    case "value_float":
      return constantOf({ dataType: FLOAT, dims: [], floatData: [f ?? 0] }, tensors);
    case "value_floats":
      return constantOf({ dataType: FLOAT, dims: [floats?.length ?? 0], floatData: floats ?? [] }, tensors);
    case "value_int":
      return constantOf({ dataType: INT64, dims: [], int64Data: [i ?? 0] }, tensors);
    case "value_ints":
      return constantOf({ dataType: INT64, dims: [ints?.length ?? 0], int64Data: ints ?? [] }, tensors);
    default:
      return sideOf([]);
  }
}

const sideOf = (inputs: Iterable<string>): Side => ({ kind: "side", inputs: new Set(inputs) });

const unknown = (node: onnx.INodeProto, what: string): Value => ({
  kind: "unknown",
  detail: `the node ${nameOf(node)} ${what}`,
});

function nameOf({ name, opType, output, domain }: onnx.INodeProto): string {
  const type = `${domain ? `${domain}.` : ""}${opType ?? ""}`;
  return `${brief(name || output?.[0] || "")} (${type})`;
}
