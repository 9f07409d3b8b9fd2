import { readFileSync } from "node:fs";
import onnxProto, { type onnx } from "onnx-proto";
import { parseHuggingFaceConfig } from "../../../src/convert/hugging-face/config.ts";
import { parseOnnx } from "../../../src/convert/onnx/reader.ts";
import type { Target } from "../target.ts";

const { ModelProto } = onnxProto.onnx;

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/onnx/ElectraForTokenClassification/${name}`, import.meta.url));

const MODEL = parseHuggingFaceConfig({
  file: "config.json",
  fields: JSON.parse(fixture("config.json").toString()),
});

/** A graph of an exporter's, with short names and one column left of each weight: the fewer bytes, the more tries. */
function shortened(file: string): Uint8Array {
  const { graph, ...model } = ModelProto.decode(fixture(file));
  const names = new Map<string, string>();
  const short = (name: string) => {
    if (name === "" || name === "logits" || name.endsWith("_ids") || name === "attention_mask") return name;
    if (!names.has(name)) names.set(name, names.size.toString(36));
    return names.get(name)!;
  };
  const cut = (tensor: onnx.ITensorProto): onnx.ITensorProto => {
    const [dims, bytes] = [(tensor.dims ?? []).map(Number), tensor.rawData ?? new Uint8Array()];
    const columns = dims.length === 2 ? dims[1]! : 1;
    const rows = {
      dims: columns === 1 ? dims : [dims[0]!, 1],
      rawData: bytes.slice(0, bytes.length / columns),
    };
    return { ...tensor, name: short(tensor.name ?? ""), ...rows };
  };
  const nodes = (graph?.node ?? []).map((node) => ({
    ...node,
    name: "",
    docString: "",
    metadataProps: [],
    input: (node.input ?? []).map(short),
    output: (node.output ?? []).map(short),
  }));
  const small = {
    node: nodes,
    initializer: (graph?.initializer ?? []).map(cut),
    input: (graph?.input ?? []).map(({ name }) => ({ name: short(name ?? "") })),
    output: (graph?.output ?? []).map(({ name }) => ({ name: short(name ?? "") })),
  };
  return ModelProto.encode({ irVersion: model.irVersion, graph: small }).finish();
}

/** Every element type that weights have, each way to hold them, and a file of their own. */
function constants(): Uint8Array {
  const raw = (dataType: number, bytes: number) => ({ dataType, dims: [1], rawData: new Uint8Array(bytes) });
  const initializer = [
    { name: "a", ...raw(1, 4) },
    { name: "b", dataType: 1, dims: [2, 1], floatData: [1, 2] },
    { name: "c", dataType: 7, dims: [1], int64Data: [-1] },
    { name: "d", dataType: 10, dims: [1], int32Data: [1] },
    { name: "e", dataType: 11, dims: [1], doubleData: [1] },
    { name: "f", dataType: 1, dims: [1], dataLocation: 1, externalData: [{ key: "location", value: "w" }] },
  ];
  const attribute = (name: string, value: object) => [{ name, ...value }];
  const node = [
    { opType: "Reshape", input: ["b", "c"], output: ["g"] },
    { opType: "Transpose", input: ["g"], output: ["h"], attribute: attribute("perm", { ints: [0] }) },
    { opType: "Constant", output: ["i"], attribute: attribute("value_ints", { ints: [1, 2] }) },
    { opType: "Constant", output: ["j"], attribute: attribute("value_float", { f: 1 }) },
    { opType: "Mul", input: ["a", "j"], output: ["logits"] },
  ];
  return ModelProto.encode({ graph: { initializer, node, output: [{ name: "logits" }] } }).finish();
}

/** Enough to go through views of weights. */
const TENSORS_READ = 4;

export const target: Target = {
  async parse(bytes) {
    const { tensors, close } = await parseOnnx(bytes, "nowhere/f.onnx", MODEL);
    try {
      for (const tensor of [...tensors.values()].slice(0, TENSORS_READ)) await tensor.read();
    } finally {
      await close();
    }
  },
  seeds: () => [
    ...["scripted.onnx", "captured.onnx", "quantized.onnx", "half.onnx"].map(shortened),
    constants(),
  ],
  maxLength: 11_000,
  sources: [
    "src/convert/onnx/reader.ts",
    "src/convert/onnx/protobuf-reader.ts",
    "src/convert/onnx/reader-graph.ts",
    "src/convert/onnx/reader-node.ts",
    "src/convert/onnx/reader-operators.ts",
    "src/convert/onnx/reader-arithmetic.ts",
    "src/convert/onnx/reader-numbers.ts",
    "src/convert/onnx/reader-layers.ts",
    "src/convert/onnx/reader-tensors.ts",
    "src/convert/lazy-tensor.ts",
  ],
  dictionary: [
    "Transpose",
    "Reshape",
    "Gather",
    "MatMul",
    "Slice",
    "Split",
    "Add",
    "Mul",
    "Sub",
    "Constant",
    "Erf",
  ],
};
