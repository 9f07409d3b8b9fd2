import assert from "node:assert/strict";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import onnxProto, { type onnx } from "onnx-proto";
import { convertDirectory } from "../../src/convert/index.ts";
import { type Checkpoint, readCheckpoint } from "../reference/checkpoint.ts";
import { temporaryDirectory } from "./directories.ts";

const { ModelProto } = onnxProto.onnx;

/** A tiny model of each, as a checkpoint and as the graphs that torch makes of it. */
export const TAGGER = "ElectraForTokenClassification";
export const fixture = (architecture: string) =>
  fileURLToPath(new URL(`../fixtures/onnx/${architecture}/`, import.meta.url));

/** The fixture's config and vocabulary, with a graph in place of its weights. */
export async function directoryWith(
  t: TestContext,
  graph: string,
  architecture = TAGGER,
  place = "model.onnx",
): Promise<string> {
  const source = fixture(architecture);
  const directory = await temporaryDirectory(t);
  for (const name of ["config.json", "vocab.txt"]) await cp(join(source, name), join(directory, name));
  await mkdir(join(directory, place, ".."), { recursive: true });
  await cp(join(source, graph), join(directory, place));
  return directory;
}

export async function converted(
  t: TestContext,
  source: string,
  convert = convertDirectory,
): Promise<Checkpoint> {
  const out = join(await temporaryDirectory(t), "model.safetensors");
  await convert(source, out);
  return readCheckpoint(out);
}

/** How far each tensor is from the checkpoint's, given what is allowed for it. */
export function holds(
  actual: Checkpoint,
  expected: Checkpoint,
  allowed: (values: Float64Array) => number,
): void {
  assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort());
  for (const [name, { shape, values }] of expected) {
    assert.deepEqual(actual.get(name)!.shape, shape, name);
    const error = actual.get(name)!.values.reduce((max, x, i) => Math.max(max, Math.abs(x - values[i]!)), 0);
    const limit =
      shape.length === 1 ? Math.min(allowed(values), allowed(Float64Array.of(1))) : allowed(values);
    assert.ok(error <= limit, `${name} is off by ${error}, allowed are ${limit}`);
  }
}

export const exactly = () => 0;

export type Graph = onnx.IGraphProto & { node: onnx.INodeProto[]; initializer: onnx.ITensorProto[] };

/** A directory whose graph is the fixture's after `change`. */
export async function changed(
  t: TestContext,
  graph: string,
  change: (graph: Graph) => void,
): Promise<string> {
  const directory = await directoryWith(t, graph);
  const path = join(directory, "model.onnx");
  const model = ModelProto.decode(await readFile(path));
  change(model.graph as Graph);
  await writeFile(path, ModelProto.encode(model).finish());
  return directory;
}

export const find = ({ node }: Graph, type: string): onnx.INodeProto =>
  node.find(({ opType }) => opType === type)!;
