import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import onnxProto, { type onnx } from "onnx-proto";
import { convertDirectory } from "../../src/convert/index.ts";
import { exportOnnx } from "../../src/convert/onnx/export.ts";
import { checkpointCopy, failure, HEADS, temporaryDirectory } from "./directories.ts";
import { changed, converted, exactly, find, fixture, type Graph, holds, TAGGER } from "./onnx-fixtures.ts";

// The same computation in other operators gives the same weights; another one is refused, never taken for the model's.

const { ModelProto, TensorProto } = onnxProto.onnx;

const floats = (name: string, ...values: number[]): onnx.ITensorProto => ({
  name,
  dims: values.length === 1 ? [] : [values.length],
  dataType: TensorProto.DataType.FLOAT,
  floatData: values,
});
const integers = (name: string, ...values: number[]): onnx.ITensorProto => ({
  name,
  dims: [values.length],
  dataType: TensorProto.DataType.INT64,
  int64Data: values,
});

/** Puts `node` between one of another's inputs and what gives it. */
function before(graph: Graph, taker: onnx.INodeProto, input: number, node: onnx.INodeProto): void {
  const output = `${taker.input![input]}.${node.opType}`;
  const others = (node.input ?? []).slice();
  graph.node.splice(graph.node.indexOf(taker), 0, {
    ...node,
    input: [taker.input![input]!, ...others],
    output: [output],
  });
  taker.input![input] = output;
}

async function refuses(t: TestContext, graph: string, change: (graph: Graph) => void, ...parts: string[]) {
  const directory = await changed(t, graph, change);
  const out = join(directory, "out");
  await assert.rejects(convertDirectory(directory, out), failure("unsupported", "model.onnx", ...parts));
}

/** The products of a signal and a matrix. */
function productsOf({ node, initializer }: Graph): { node: onnx.INodeProto; matrix: onnx.ITensorProto }[] {
  return node
    .filter(({ opType }) => opType === "MatMul")
    .flatMap((node) => {
      const matrix = initializer.find(({ name }) => name === node.input![1]);
      return matrix === undefined ? [] : [{ node, matrix }];
    });
}

test("weights that are kept in another shape, one of its sizes left free or as it was", async (t) => {
  const shapes: ((rows: number, columns: number) => { dims: number[]; target: number[] })[] = [
    (rows, columns) => ({ dims: [rows * columns], target: [-1, columns] }),
    (rows, columns) => ({ dims: [rows * columns], target: [rows, -1] }),
    (rows, columns) => ({ dims: [rows, 1, columns], target: [0, -1] }),
    (rows, columns) => ({ dims: [columns, rows], target: [rows, columns] }),
  ];
  for (const shape of shapes) {
    const directory = await changed(t, "captured.onnx", (graph) => {
      for (const { node, matrix } of productsOf(graph)) {
        const [rows, columns] = matrix.dims!.map(Number) as [number, number];
        const { dims, target } = shape(rows, columns);
        matrix.dims = dims;
        graph.initializer.push(integers(`${matrix.name}.shape`, ...target));
        before(graph, node, 1, { opType: "Reshape", input: [`${matrix.name}.shape`] });
      }
    });
    holds(await converted(t, directory), await converted(t, fixture(TAGGER)), exactly);
  }
  for (const target of [
    [-1, 11],
    [-10, -21],
  ]) {
    const misfit = (graph: Graph) => {
      graph.initializer.push(integers("misfit", ...target));
      before(graph, productsOf(graph)[0]!.node, 1, { opType: "Reshape", input: ["misfit"] });
    };
    await refuses(t, "captured.onnx", misfit, "MatMul");
  }
});

test("a layer norm that multiplies by one over the deviation", async (t) => {
  const over = (numerator: number) => (graph: Graph) => {
    graph.initializer.push(floats("numerator", numerator));
    const deviations = new Set(
      graph.node.filter(({ opType }) => opType === "Sqrt").map(({ output }) => output![0]),
    );
    for (const node of graph.node.filter(({ opType }) => opType === "Div")) {
      const [, deviation] = node.input as [string, string];
      if (!deviations.has(deviation)) continue;
      before(graph, node, 1, { opType: "Div", input: [] });
      const inverse = graph.node[graph.node.indexOf(node) - 1]!;
      inverse.input = ["numerator", deviation];
      node.opType = "Mul";
    }
  };
  holds(
    await converted(t, await changed(t, "scripted.onnx", over(1))),
    await converted(t, fixture(TAGGER)),
    exactly,
  );
  await refuses(t, "scripted.onnx", over(2), "Mul");
});

test("attention whose queries or scores are anything but scaled is refused", async (t) => {
  for (const opType of ["Relu", "Tanh", "Add"]) {
    const after = (taker: (graph: Graph) => onnx.INodeProto) => (graph: Graph) => {
      graph.initializer.push(floats("one", 1));
      before(graph, taker(graph), 0, { opType, input: opType === "Add" ? ["one"] : [] });
    };
    const scores = after(({ node }) => node.find(({ opType }) => opType === "Softmax")!);
    await refuses(t, "captured.onnx", scores, "Softmax");
    const queries = after(({ node, initializer }) => {
      const weights = new Set(initializer.map(({ name }) => name));
      return node.find(({ opType, input }) => opType === "MatMul" && !weights.has(input![1]!))!;
    });
    await refuses(t, "captured.onnx", queries, "MatMul");
  }
});

test("a slice of anything but a linear layer's outputs is refused", async (t) => {
  const sliced = (axis: number, taker: (graph: Graph) => onnx.INodeProto) => (graph: Graph) => {
    graph.initializer.push(integers("from", 1), integers("to", 4), integers("axis", axis));
    before(graph, taker(graph), 0, { opType: "Slice", input: ["from", "to", "axis"] });
  };
  const classifier = (graph: Graph) => productsOf(graph).at(-1)!.node;
  await refuses(t, "captured.onnx", sliced(2, classifier), "Slice");
  const gelu = (graph: Graph) => find(graph, "Gelu");
  await refuses(t, "captured.onnx", sliced(1, gelu), "Slice");
});

test("an unknown activation in a head is named by the layer that it follows", async (t) => {
  const directory = await checkpointCopy(t, `${HEADS}sequence-classification`);
  const [model, graph] = [join(await temporaryDirectory(t), "model"), join(directory, "model.onnx")];
  await convertDirectory(directory, model);
  await exportOnnx(model, graph);
  await rm(join(directory, "model.safetensors"));
  await convertDirectory(directory, join(directory, "out"));

  const changed = ModelProto.decode(await readFile(graph));
  changed.graph!.node!.findLast(({ opType }) => opType === "Erf")!.opType = "Sigmoid";
  await writeFile(graph, ModelProto.encode(changed).finish());
  await assert.rejects(
    convertDirectory(directory, join(directory, "out")),
    failure("unsupported", "model.onnx", "classifier.dense.bias comes before an unknown activation"),
  );
});
