import { join } from "node:path";
import { ConvertError } from "../../errors.ts";
import { familyOf, type Task } from "../../model/config.ts";
import { guessFormat } from "../../model/file/signature.ts";
import { crfParameters, headParameters } from "../../model/parameters.ts";
import { BinaryFile, exists } from "../binary-file.ts";
import type { Checkpoint } from "../checkpoint.ts";
import type { CheckpointTensor } from "../checkpoint-tensor.ts";
import type { HuggingFaceModel } from "../hugging-face/config.ts";
import { familyNames } from "../tensor-names.ts";
import { GRAPH, MODEL, PROTOBUF_LIMIT, VALUE_INFO } from "./fields.ts";
import { ProtobufReader } from "./protobuf-reader.ts";
import { interpretGraph } from "./reader-graph.ts";
import { OnnxLayers } from "./reader-layers.ts";
import { OnnxTensors } from "./reader-tensors.ts";
import type { Value } from "./reader-values.ts";

/** Where optimum and transformers.js have a graph, the most exact first. */
const FILES = ["model", "model_fp16", "model_quantized", "model_int8", "model_uint8"].flatMap((name) =>
  ["", "onnx"].map((folder) => join(folder, `${name}.onnx`)),
);

/** What a task's graph gives, by the names that exporters use for it. */
const OUTPUTS: Partial<Readonly<Record<Task, readonly (readonly string[])[]>>> = {
  "question-answering": [["start_logits", "end_logits"]],
  "feature-extraction": [["last_hidden_state"], ["token_embeddings"]],
};
const LOGITS = [["logits"]];

/** The path of the graph in a directory; undefined where there is none. */
export async function findOnnx(directory: string): Promise<string | undefined> {
  for (const name of FILES) {
    const path = join(directory, name);
    if (await exists(path)) return path;
  }
  return undefined;
}

/**
 * The weights in an ONNX file, under the names of its family's checkpoints. They are found by what the graph does
 * with them; that it does what the model does is checked on the way. Quantized ones are given as the numbers that they
 * stand for.
 *
 * @param path the file; tensors that it keeps in others are read from its own folder alone
 * @throws {ConvertError} naming the file, and the layer, node or tensor where one is at fault
 */
export async function openOnnx(path: string, model: HuggingFaceModel): Promise<Checkpoint> {
  return parseOnnx(await readMessage(path), path, model);
}

/** As {@link openOnnx}, of a file's bytes. */
export async function parseOnnx(
  bytes: Uint8Array,
  path: string,
  model: HuggingFaceModel,
): Promise<Checkpoint> {
  const { task, config, labels, gru } = model;
  if (gru !== undefined) throw new ConvertError("unsupported", path, "recurrent layers in a graph");
  const graph = findGraph(bytes, path);
  const tensors = new OnnxTensors(path);
  try {
    const values = await interpretGraph(graph, tensors, path);
    const outputs = outputsOf(graph, values, task, path);
    const weights = new OnnxLayers(path, model).find(outputs, headParameters(config, task, labels.length));
    const nameOf = familyNames({ modelType: familyOf(config), task });
    return {
      tensors: new Map([
        ...[...weights].map(([name, tensor]): [string, CheckpointTensor] => [nameOf(name), tensor]),
        ...crfOf(values, labels.length),
      ]),
      close: () => tensors.close(),
    };
  } catch (error) {
    await tensors.close();
    throw error;
  }
}

async function readMessage(path: string): Promise<Uint8Array> {
  const file = await BinaryFile.open(path);
  try {
    if (file.size > PROTOBUF_LIMIT) {
      const detail = `${file.size} bytes are more than a protobuf message has, ${PROTOBUF_LIMIT}`;
      throw new ConvertError("checkpoint-malformed", path, detail);
    }
    return await file.read(0, file.size);
  } finally {
    await file.close();
  }
}

function findGraph(bytes: Uint8Array, path: string): ProtobufReader {
  let graph: ProtobufReader | undefined;
  try {
    for (graph of new ProtobufReader(path, bytes).messages(MODEL.graph));
    if (graph?.messages(GRAPH.node).next().done === false) return graph;
  } catch (error) {
    if (guessFormat(bytes) === undefined) throw error;
  }
  const kind = guessFormat(bytes);
  const detail = kind === undefined ? "it has no graph" : `it is ${kind}`;
  throw new ConvertError("checkpoint-malformed", path, `not an ONNX file: ${detail}`);
}

function outputsOf(
  graph: ProtobufReader,
  values: ReadonlyMap<string, Value>,
  task: Task,
  path: string,
): readonly Value[] {
  const names = Array.from(graph.messages(GRAPH.output), (output) => output.textOf(VALUE_INFO.name));
  const choices = OUTPUTS[task] ?? LOGITS;
  const chosen = choices.find((choice) => choice.every((name) => names.includes(name)));
  if (chosen === undefined) {
    const wanted = choices.map((choice) => choice.join(" and ")).join(", or ");
    const detail = `${task}, which config.json asks for, needs the output ${wanted}; the graph gives ${names.join(", ")}`;
    throw new ConvertError("unsupported", path, detail);
  }
  return chosen.map((name) => {
    const value = values.get(name);
    if (value !== undefined) return value;
    throw new ConvertError("checkpoint-malformed", path, `nothing gives the output "${name}"`);
  });
}

/** A CRF is no part of a graph; in those that this project writes its tensors lie beside it. */
function crfOf(values: ReadonlyMap<string, Value>, labels: number): readonly [string, CheckpointTensor][] {
  return crfParameters(labels).flatMap(({ name }): [string, CheckpointTensor][] => {
    const value = values.get(name);
    return value?.kind === "constant" ? [[name, value.tensor]] : [];
  });
}
