import { ConvertError } from "../errors.ts";
import { brief } from "../model/json.ts";
import { ATTRIBUTE, GRAPH, NODE, TENSOR, VALUE_INFO } from "./onnx-fields.ts";
import { OnnxNode } from "./onnx-reader-node.ts";
import { OPERATORS } from "./onnx-reader-operators.ts";
import type { OnnxTensors } from "./onnx-reader-tensors.ts";
import { isSignal, NOTHING, type Side, type Value } from "./onnx-reader-values.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

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
    values.set(initializer.textOf(TENSOR.name), await constantOf(initializer, tensors));
  }
  for (const name of inputsOf(graph, values, file)) values.set(name, sideOf([name]));
  for (const message of graph.messages(GRAPH.node)) {
    const node = new OnnxNode(message);
    const inputs = node.inputs.map((name) => {
      const value = values.get(name);
      if (value !== undefined || name === "") return value;
      const detail = `the node ${node.title} takes ${brief(name)}, which nothing before it gives`;
      throw new ConvertError("checkpoint-malformed", file, detail);
    });
    if (node.operator === "") {
      throw new ConvertError("checkpoint-malformed", file, `the node ${node.title} names no operator`);
    }
    const found = node.operator === "Constant" ? constantNode(node, tensors) : operate(node, inputs);
    // Most are known at once; a promise for each node would be most of what reading a graph takes.
    const known = found instanceof Promise ? await found : found;
    const results = known ?? fallBack(node, inputs);
    for (let i = 0; i < node.outputs.length; i++) {
      values.set(node.outputs[i]!, results[i] ?? unknown(node, `has no output ${i} here`));
    }
  }
  return values;
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
function inputsOf(graph: ProtobufReader, weights: ReadonlyMap<string, Value>, file: string): string[] {
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
  if (inputs.some((value) => value?.kind === "unknown") && node.operator !== "Shape") return undefined;
  const isOwn = node.domain === "" || node.domain === "ai.onnx";
  return isOwn ? OPERATORS.get(node.operator)?.({ inputs, node }) : undefined;
}

/** An operator that isn't known matters only where it works on what weights have made. */
function fallBack(node: OnnxNode, inputs: readonly (Value | undefined)[]): readonly Value[] {
  const earlier = inputs.find((value) => value?.kind === "unknown");
  const result =
    earlier ??
    (inputs.some(isSignal)
      ? unknown(node, "computes what none of the models known here does")
      : sideOfAll(inputs));
  return node.outputs.length === 1 ? [result] : node.outputs.map(() => result);
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

async function constantOf(proto: ProtobufReader, tensors: OnnxTensors): Promise<Value> {
  const tensor = await tensors.open(proto);
  return tensor === undefined ? NOTHING : { kind: "constant", tensor };
}

async function constantNode(node: OnnxNode, tensors: OnnxTensors): Promise<readonly Value[]> {
  for (const tensor of node.attribute("value")?.messages(ATTRIBUTE.t) ?? []) {
    return [await constantOf(tensor, tensors)];
  }
  const tensor = tensors.ofNumbers(node);
  return [tensor === undefined ? NOTHING : { kind: "constant", tensor }];
}

const sideOf = (inputs: Iterable<string>): Side => ({ kind: "side", inputs: new Set(inputs) });

const unknown = (node: OnnxNode, what: string): Value => ({
  kind: "unknown",
  detail: `the node ${node.title} ${what}`,
});
