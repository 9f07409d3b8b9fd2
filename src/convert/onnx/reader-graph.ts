import { ConvertError } from "../../errors.ts";
import { brief } from "../../model/file/json.ts";
import type { CheckpointTensor } from "../checkpoint-tensor.ts";
import { ATTRIBUTE, GRAPH, NODE, TENSOR, VALUE_INFO } from "./fields.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";
import { OnnxNode } from "./reader-node.ts";
import { hasUnreadNumbers, readNumbers } from "./reader-numbers.ts";
import { OPERATORS } from "./reader-operators.ts";
import type { OnnxTensors } from "./reader-tensors.ts";
import { isSignal, NOTHING, type Side, type Value } from "./reader-values.ts";

/** None of the models here takes more than ids, segments, positions and a mask. */
const INPUT_LIMIT = 16;

/** Nodes, their inputs and outputs, and tensors: ten times what a quantized model of 24 layers has. */
const PART_LIMIT = 2 ** 18;

/**
 * What each value of a graph is, in the model's words, by its name. No number of a text is computed; what an operator
 * is that none of the models here has is said where a model hangs on it.
 *
 * @throws {ConvertError} `checkpoint-malformed`; `unsupported` for tensors outside of the file's folder, or too many
 *   inputs, nodes or names
 */
export async function interpretGraph(
  graph: ProtobufReader,
  tensors: OnnxTensors,
  file: string,
): Promise<ReadonlyMap<string, Value>> {
  checkSize(graph, file);
  const values = new Map<string, Value>();
  for (const initializer of graph.messages(GRAPH.initializer)) {
    const found = constantOf(initializer, tensors);
    // Nearly all is known at once; a promise for each part would be most of what reading a graph takes.
    values.set(initializer.textOf(TENSOR.name), found instanceof Promise ? await found : found);
  }
  for (const name of inputNames(graph, values, file)) values.set(name, sideOf([name]));
  for (const message of graph.messages(GRAPH.node)) {
    const node = new OnnxNode(message);
    const inputs = inputsOf(node, values, file);
    if (node.operator === "") {
      throw new ConvertError("checkpoint-malformed", file, `the node ${node.title} names no operator`);
    }
    if (node.operator === "Constant") {
      const found = constantNode(node, tensors);
      setOutputs(node, [found instanceof Promise ? await found : found], values);
      continue;
    }
    for (let i = 0; i < inputs.length; i++) {
      const value = inputs[i];
      const reading = hasUnreadNumbers(value) ? readNumbers(value) : undefined;
      if (reading !== undefined) await reading;
    }
    const results = operate(node, inputs);
    if (results !== undefined) setOutputs(node, results, values);
    else setAll(node, fallBack(node, inputs), values);
  }
  return values;
}

function inputsOf(
  node: OnnxNode,
  values: ReadonlyMap<string, Value>,
  file: string,
): readonly (Value | undefined)[] {
  const inputs = Array<Value | undefined>(node.inputs.length);
  for (let i = 0; i < inputs.length; i++) {
    const name = node.inputs[i]!;
    inputs[i] = values.get(name);
    if (inputs[i] !== undefined || name === "") continue;
    const detail = `the node ${node.title} takes ${brief(name)}, which nothing before it gives`;
    throw new ConvertError("checkpoint-malformed", file, detail);
  }
  return inputs;
}

function setOutputs(node: OnnxNode, results: readonly Value[], values: Map<string, Value>): void {
  let missing: Value | undefined;
  for (let i = 0; i < node.outputs.length; i++) {
    missing ??= i < results.length ? undefined : unknown(node, `has no output ${i} here`);
    values.set(node.outputs[i]!, results[i] ?? missing!);
  }
}

function setAll(node: OnnxNode, result: Value, values: Map<string, Value>): void {
  for (const name of node.outputs) values.set(name, result);
}

function checkSize(graph: ProtobufReader, file: string): void {
  let parts = 0;
  const fields = graph.again();
  while (fields.next()) parts++;
  for (const node of graph.messages(GRAPH.node)) {
    while (node.next()) if (node.field === NODE.input || node.field === NODE.output) parts++;
  }
  if (parts <= PART_LIMIT) return;
  const detail = `the graph has ${parts} nodes, tensors and names, more than ${PART_LIMIT}`;
  throw new ConvertError("unsupported", file, detail);
}

/** The names of a graph's inputs; old exporters name every weight as one too. */
function inputNames(graph: ProtobufReader, weights: ReadonlyMap<string, Value>, file: string): string[] {
  const names: string[] = [];
  let count = 0;
  for (const input of graph.messages(GRAPH.input)) {
    const name = input.textOf(VALUE_INFO.name);
    if (!weights.has(name) && count++ < INPUT_LIMIT) names.push(name);
  }
  if (count <= INPUT_LIMIT) return names;
  const detail = `the graph takes ${count} inputs; the models known here take at most ${INPUT_LIMIT}`;
  throw new ConvertError("unsupported", file, detail);
}

function operate(node: OnnxNode, inputs: readonly (Value | undefined)[]) {
  // Nothing is known of what comes of it, but for what hangs on its shape alone.
  if (inputs.some(isUnknown) && node.operator !== "Shape") return undefined;
  const isOwn = node.domain === "" || node.domain === "ai.onnx";
  return isOwn ? OPERATORS.get(node.operator)?.(node, inputs[0], inputs[1], inputs[2], inputs[3]) : undefined;
}

/** An operator that isn't known matters only where it works on what weights have made. */
function fallBack(node: OnnxNode, inputs: readonly (Value | undefined)[]): Value {
  const earlier = inputs.find(isUnknown);
  if (earlier !== undefined) return earlier;
  if (inputs.some(isSignal)) return unknown(node, "computes what none of the models known here does");
  return sideOfAll(inputs);
}

/** What hangs on all inputs that the values hang on: one of the values where that is enough, as nearly always. */
function sideOfAll(values: readonly (Value | undefined)[]): Side {
  let all: Side = NOTHING;
  for (const value of values) {
    if (value?.kind !== "side" || covers(all, value)) continue;
    all = covers(value, all) ? value : sideOf([...all.inputs, ...value.inputs]);
  }
  return all;
}

const covers = (all: Side, some: Side): boolean =>
  all === some || [...some.inputs].every((name) => all.inputs.has(name));

function constantOf(proto: ProtobufReader, tensors: OnnxTensors): Promise<Value> | Value {
  const tensor = tensors.open(proto);
  return tensor instanceof Promise ? tensor.then(asConstant) : asConstant(tensor);
}

function constantNode(node: OnnxNode, tensors: OnnxTensors): Promise<Value> | Value {
  const value = node.attribute("value");
  while (value?.next()) if (value.field === ATTRIBUTE.t) return constantOf(value.message(), tensors);
  return asConstant(tensors.ofNumbers(node));
}

const asConstant = (tensor: CheckpointTensor | undefined): Value =>
  tensor === undefined ? NOTHING : { kind: "constant", tensor };

const sideOf = (inputs: Iterable<string>): Side => ({ kind: "side", inputs: new Set(inputs) });

const isUnknown = (value: Value | undefined): boolean => value?.kind === "unknown";

const unknown = (node: OnnxNode, what: string): Value => ({ kind: "unknown", node, what });
