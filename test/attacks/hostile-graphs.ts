import { readFileSync } from "node:fs";
import onnxProto, { type onnx } from "onnx-proto";
import type { Regression } from "./regression.ts";

const { ModelProto } = onnxProto.onnx;
const FLOAT = 1;
const INT64 = 7;

const encode = (graph: onnx.IGraphProto) => ModelProto.encode({ irVersion: 8, graph }).finish();
const node = (opType: string, input: string[], output: string) => ({ opType, input, output: [output] });
const floats = (name: string, ...dims: number[]): onnx.ITensorProto => ({
  name,
  dataType: FLOAT,
  dims,
  rawData: new Uint8Array(4 * dims.reduce((product, size) => product * size, 1)),
});
/** Nodes each of which works on what the one before has made, from `a` on. */
const chain = (length: number, opType: string, ...others: string[]) =>
  Array.from({ length }, (_, i) => node(opType, [i === 0 ? "a" : `${i - 1}`, ...others], `${i}`));

/** A real graph whose sum of embeddings is replaced by a ladder of sums of both rungs before. */
function ladderOfSums(): Uint8Array {
  const fixture = new URL("../fixtures/onnx/ElectraForTokenClassification/captured.onnx", import.meta.url);
  const { graph } = ModelProto.decode(readFileSync(fixture));
  const nodes = [...graph!.node!];
  const at = nodes.findIndex(({ opType }) => opType === "Add");
  const [left, right] = nodes[at]!.input as [string, string];
  const rungs = Array.from({ length: 40 }, (_, i) => {
    const pair = i === 0 ? [left, right] : [`l${i - 1}`, `r${i - 1}`];
    return [node("Add", pair, `l${i}`), node("Add", [...pair].reverse(), `r${i}`)];
  });
  nodes.splice(at, 1, ...rungs.flat(), { ...nodes[at]!, input: ["l39", "r39"] });
  return encode({ ...graph, node: nodes });
}

export const HOSTILE_GRAPHS: readonly Regression[] = [
  {
    target: "onnx",
    name: "sums of sums",
    reason: "forty pairs of additions are a sum of 2^40 tables, which were all to be listed",
    bytes: ladderOfSums,
  },
  {
    target: "onnx",
    name: "thousands of inputs, thousands of nodes",
    reason: "every node noted each input that it hangs on: memory grew with the square of the file",
    bytes: () => {
      const names = Array.from({ length: 3000 }, (_, i) => `i${i}`);
      return encode({
        input: names.map((name) => ({ name })),
        node: [node("If", names, "a"), ...chain(3000, "If")],
      });
    },
  },
  {
    target: "onnx",
    name: "views of views",
    reason:
      "reading a number through thousands of transpositions exhausted the stack: a RangeError, no ConvertError",
    bytes: () =>
      encode({
        initializer: [floats("a", 1, 1)],
        node: [...chain(20_000, "Transpose"), node("Pow", ["19999", "19999"], "logits")],
      }),
  },
  {
    target: "onnx",
    name: "thousands of axes, transposed again and again",
    reason: "every transposition copied the shape: memory grew with the square of the file",
    bytes: () =>
      encode({ initializer: [floats("a", ...Array(20_000).fill(1))], node: chain(5000, "Transpose") }),
  },
  {
    target: "onnx",
    name: "reshapes to one long list",
    reason: "every node read the whole list of sizes: minutes for a file of a megabyte",
    bytes: () => {
      const sizes = { name: "s", dataType: INT64, dims: [20_000], rawData: new Uint8Array(160_000).fill(1) };
      const nodes = Array.from({ length: 5000 }, (_, i) => node("Reshape", ["a", "s"], `${i}`));
      return encode({ initializer: [floats("a", 1), sizes], node: nodes });
    },
  },
  {
    target: "onnx",
    name: "sums of numbers without end",
    reason: "each took several promises: two hundred times the file in memory, nearly all of it garbage",
    bytes: () =>
      encode({
        initializer: [{ name: "a", dataType: FLOAT, dims: [], floatData: [1] }],
        node: chain(600, "Add", "a"),
      }),
  },
  {
    target: "onnx",
    name: "parts without end of one layer",
    reason: "rows of a layer without inputs take no bytes in the file, and each became a layer of its own",
    bytes: () =>
      encode({
        initializer: [floats("a", 2, 1), floats("b", 0, 4000)],
        input: [{ name: "i" }],
        node: [
          node("Gather", ["a", "i"], "e"),
          node("MatMul", ["e", "b"], "l"),
          { ...node("Split", ["l"], ""), output: Array(4000).fill(""), attribute: [{ name: "axis", i: 2 }] },
        ],
      }),
  },
];
