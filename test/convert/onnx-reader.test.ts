import assert from "node:assert/strict";
import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import onnxProto, { type onnx } from "onnx-proto";
import { convertDirectory, convertOnnx } from "../../src/convert/index.ts";
import { exportOnnx } from "../../src/convert/onnx/export.ts";
import { randomModel } from "../model/random-model.ts";
import { readCheckpoint } from "../reference/checkpoint.ts";
import { checkpointCopy, failure, temporaryDirectory } from "./directories.ts";
import {
  changed,
  converted,
  directoryWith,
  exactly,
  find,
  fixture,
  type Graph,
  holds,
  TAGGER,
} from "./onnx-fixtures.ts";

const { ModelProto, TensorProto } = onnxProto.onnx;
const ARCHITECTURES = ["ElectraForTokenClassification", "ElectraForQuestionAnswering"];

/** Half a step of what the largest value of a tensor is 127 of; vectors stay as they were. */
const toInt8 = (values: Float64Array) =>
  values.length === 1 ? 0 : (0.51 / 127) * values.reduce((range, x) => Math.max(range, 2 * Math.abs(x)), 0);
const toFloat16 = (values: Float64Array) =>
  2 ** -11 * values.reduce((largest, x) => Math.max(largest, Math.abs(x)), 1e-3);

for (const architecture of ARCHITECTURES) {
  const expected = (t: TestContext) => converted(t, fixture(architecture));

  for (const graph of ["scripted.onnx", "captured.onnx"]) {
    test(`${architecture}: torch's ${graph} gives the checkpoint's tensors, whatever its values are called`, async (t) => {
      holds(await converted(t, await directoryWith(t, graph, architecture)), await expected(t), exactly);
    });
  }

  test(`${architecture}: quantized dynamically, to half a step`, async (t) => {
    const directory = await directoryWith(t, "quantized.onnx", architecture, "onnx/model_quantized.onnx");
    holds(await converted(t, directory), await expected(t), toInt8);
  });

  test(`${architecture}: float16 stays float16`, async (t) => {
    const directory = await directoryWith(t, "half.onnx", architecture, "onnx/model_fp16.onnx");
    const out = join(directory, "out.safetensors");
    const { parameters } = await convertDirectory(directory, out);
    assert.deepEqual([...new Set([...parameters.values()].map(({ storage }) => storage))], ["f16"]);
    holds(readCheckpoint(out), await expected(t), toFloat16);
  });
}

test("a graph is named itself, its config beside it or beside the folder onnx", async (t) => {
  const expected = await converted(t, fixture(TAGGER));
  for (const place of ["model.onnx", "tagger.onnx", "onnx/model.onnx", "onnx/other.onnx"]) {
    const directory = await directoryWith(t, "captured.onnx", TAGGER, place);
    holds(await converted(t, join(directory, place), convertOnnx), expected, exactly);
  }
});

test("safetensors come before a graph, and of graphs the most exact", async (t) => {
  const directory = await directoryWith(t, "quantized.onnx", TAGGER, "onnx/model_quantized.onnx");
  await cp(join(fixture(TAGGER), "captured.onnx"), join(directory, "onnx", "model.onnx"));
  holds(await converted(t, directory), await converted(t, fixture(TAGGER)), exactly);
  await cp(join(fixture(TAGGER), "model.safetensors"), join(directory, "model.safetensors"));
  await writeFile(join(directory, "onnx", "model.onnx"), "not read");
  holds(await converted(t, directory), await converted(t, fixture(TAGGER)), exactly);
});

test("weights that are constants, shared, or kept as numbers are found too", async (t) => {
  const expected = await converted(t, fixture(TAGGER));
  const asNodes = await changed(t, "scripted.onnx", (graph) => {
    const nodes = graph.initializer.map((tensor) => ({
      opType: "Constant",
      output: [tensor.name!],
      attribute: [{ name: "value", t: tensor }],
    }));
    graph.node.unshift(...nodes);
    graph.initializer = [];
  });
  holds(await converted(t, asNodes), expected, exactly);

  const asNumbers = await changed(t, "captured.onnx", (graph) => {
    for (const tensor of graph.initializer) {
      if (tensor.dataType !== TensorProto.DataType.FLOAT) continue;
      tensor.floatData = [...new Float32Array(Uint8Array.from(tensor.rawData!).buffer)];
      delete tensor.rawData;
    }
  });
  holds(await converted(t, asNumbers), expected, exactly);

  const behindIdentity = await changed(t, "captured.onnx", (graph) => {
    for (const { name } of graph.initializer) {
      for (const { input } of graph.node) {
        input!.forEach((used, i) => {
          if (used === name) input![i] = `${name}.same`;
        });
      }
    }
    const nodes = graph.initializer.map(({ name }) => ({
      opType: "Identity",
      input: [name!],
      output: [`${name}.same`],
    }));
    graph.node.unshift(...nodes);
  });
  holds(await converted(t, behindIdentity), expected, exactly);
});

test("this project's own export comes back bit for bit, its CRF too", async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, "model.safetensors"), randomModel());
  await exportOnnx(join(directory, "model.safetensors"), join(directory, "model.onnx"));
  const { metadataProps } = ModelProto.decode(await readFile(join(directory, "model.onnx")));
  const say = Object.fromEntries(metadataProps.map(({ key, value }) => [key!, JSON.parse(value!)]));
  const id2label = Object.fromEntries(say["labels"].map((label: string, id: number) => [id, label]));
  const config = { ...say["config"], architectures: [TAGGER], id2label };
  await writeFile(join(directory, "config.json"), JSON.stringify(config));
  await writeFile(join(directory, "vocab.txt"), say["tokenizer"].vocab.join("\n"));
  holds(
    await converted(t, join(directory, "model.onnx"), convertOnnx),
    readCheckpoint(join(directory, "model.safetensors")),
    exactly,
  );
});

test("what the config says and the graph doesn't do is named", async (t) => {
  const says = async (fields: object, code: string, ...parts: string[]) => {
    const config = JSON.parse(await readFile(join(fixture(TAGGER), "config.json"), "utf8"));
    const directory = await directoryWith(t, "captured.onnx");
    await writeFile(join(directory, "config.json"), JSON.stringify({ ...config, ...fields }));
    await assert.rejects(convertDirectory(directory, join(directory, "out")), failure(code, ...parts));
  };
  const qa = { architectures: ["ElectraForQuestionAnswering"] };
  await says(qa, "unsupported", "question-answering", "start_logits and end_logits", "logits");
  await says({ num_hidden_layers: 2 }, "unsupported", "electra.encoder.layer.0");
  await says({ num_attention_heads: 7 }, "unsupported", "heads of 3");
  await says({ layer_norm_eps: 1e-5 }, "unsupported", "LayerNorm", "epsilon");
  await says({ vocab_size: 18 }, "unsupported", "word_embeddings has 18 rows", "[19,10]");
  await says({ id2label: { 0: "O", 1: "B-X" } }, "labels-mismatch", "2 labels", "3 rows");
  await says({ intermediate_size: 36 }, "tensor-shape", "intermediate.dense.weight [36,21]", "[35,21]");
  await says({ hidden_act: "mish" }, "config-malformed", "hidden_act", "mish");
  await says({ position_embedding_type: "relative_key" }, "unsupported", "relative_key");
});

test("a graph that computes another model is refused at the layer", async (t) => {
  const refuses = async (graph: string, change: (graph: Graph) => void, ...parts: string[]) => {
    const directory = await changed(t, graph, change);
    const out = join(directory, "out");
    await assert.rejects(convertDirectory(directory, out), failure("unsupported", "model.onnx", ...parts));
  };
  const approximate = { name: "approximate", s: new TextEncoder().encode("tanh") };
  await refuses(
    "captured.onnx",
    (graph) => (find(graph, "Gelu").attribute = [approximate]),
    "electra.encoder.layer.0.intermediate",
    "gelu_new",
  );
  await refuses(
    "captured.onnx",
    (graph) => (find(graph, "Gelu").opType = "Mish"),
    "can't be made out",
    "Mish",
  );
  await refuses("scripted.onnx", (graph) => (find(graph, "Softmax").opType = "LogSoftmax"), "LogSoftmax");
  const four = { opType: "MatMulNBits", domain: "com.microsoft" };
  await refuses(
    "captured.onnx",
    (graph) => Object.assign(graph.node.findLast(({ opType }) => opType === "MatMul")!, four),
    "classifier",
    "com.microsoft.MatMulNBits",
  );
});

/** The fixture's graph with each matrix in `weights.bin`, `change` made to where it is said to lie. */
function external(t: TestContext, change: (entries: Record<string, string>) => void): Promise<string> {
  const data: Uint8Array[] = [];
  let offset = 0;
  return changed(t, "captured.onnx", (graph) => {
    for (const tensor of graph.initializer) {
      if (tensor.dims!.length !== 2) continue;
      const entries = { location: "weights.bin", offset: `${offset}`, length: `${tensor.rawData!.length}` };
      change(entries);
      data.push(tensor.rawData!);
      offset += tensor.rawData!.length;
      tensor.externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
      tensor.dataLocation = TensorProto.DataLocation.EXTERNAL;
      delete tensor.rawData;
    }
  }).then(async (directory) => {
    await writeFile(join(directory, "weights.bin"), Buffer.concat(data));
    return directory;
  });
}

test("tensors in other files: of the same folder, no links, no escapes, no overruns", async (t) => {
  const plain = await external(t, () => {});
  holds(await converted(t, plain), await converted(t, fixture(TAGGER)), exactly);

  const refuses = async (directory: string, code: string, ...parts: string[]) => {
    const out = join(directory, "out");
    await assert.rejects(convertDirectory(directory, out), failure(code, ...parts));
  };
  for (const location of ["../weights.bin", "/etc/passwd", "a/weights.bin", "a\\b", "..", ".", "", "x\0"]) {
    const directory = await external(t, (entries) => (entries["location"] = location));
    await refuses(directory, "unsupported", "model.onnx", JSON.stringify(location), "same folder");
  }
  const linked = await external(t, (entries) => (entries["location"] = "link.bin"));
  await symlink(join(linked, "weights.bin"), join(linked, "link.bin"));
  await refuses(linked, "unsupported", "link.bin", "a link");
  await refuses(
    await external(t, (entries) => (entries["location"] = "absent.bin")),
    "file-missing",
    "absent.bin",
  );
  for (const change of [{ offset: "100000" }, { offset: "-4" }, { offset: "x" }, { length: "8" }]) {
    const directory = await external(t, (entries) => Object.assign(entries, change));
    await refuses(directory, "checkpoint-malformed", "weights.bin");
  }
});

test("files that are no graph, or a broken one", async (t) => {
  const whole = await readFile(join(fixture(TAGGER), "captured.onnx"));
  const cases: [bytes: Uint8Array, code: string, part: string][] = [
    [new Uint8Array(0), "checkpoint-malformed", "no graph"],
    [Buffer.from("PK\x03\x04 and so on"), "checkpoint-malformed", "zip"],
    [whole.subarray(0, whole.length / 2), "checkpoint-malformed", "not an ONNX file"],
  ];
  for (const [bytes, code, part] of cases) {
    const directory = await directoryWith(t, "captured.onnx");
    await writeFile(join(directory, "model.onnx"), bytes);
    await assert.rejects(
      convertDirectory(directory, join(directory, "out")),
      failure(code, "model.onnx", part),
    );
  }
  const broken = async (change: (graph: Graph) => void, code: string, ...parts: string[]) => {
    const directory = await changed(t, "captured.onnx", change);
    await assert.rejects(convertDirectory(directory, join(directory, "out")), failure(code, ...parts));
  };
  const matrix = ({ initializer }: Graph) => initializer.find(({ dims }) => dims!.length === 2)!;
  await broken((graph) => (matrix(graph).rawData = new Uint8Array(8)), "checkpoint-malformed", "bytes");
  await broken((graph) => (matrix(graph).dims = [2 ** 31, 2 ** 31]), "checkpoint-malformed", "shape");
  await broken((graph) => graph.node.reverse(), "checkpoint-malformed", "nothing before it gives");
});

test("a function of five thousand others is refused, and takes no stack", async (t) => {
  const directory = await changed(t, "captured.onnx", (graph) => {
    const gelu = find(graph, "Gelu");
    const at = graph.node.indexOf(gelu);
    const squares: onnx.INodeProto[] = [];
    let last = gelu.input![0]!;
    for (let i = 0; i < 5_000; i++) {
      squares.push({ opType: "Mul", input: [last, last], output: [`square.${i}`] });
      last = `square.${i}`;
    }
    gelu.input = [last];
    graph.node.splice(at, 0, ...squares);
  });
  await assert.rejects(convertDirectory(directory, join(directory, "out")), failure("unsupported", "Mul"));
});

test("weights of other libraries are refused with the way round", async (t) => {
  const none = ["model.safetensors", "captured.onnx", "scripted.onnx", "quantized.onnx", "half.onnx"];
  const cases = {
    "tf_model.h5": "from_tf=True",
    "flax_model.msgpack": "from_flax=True",
    "electra_small.ckpt.index": "convert_electra_original_tf_checkpoint_to_pytorch",
    "model.ckpt-1000000.data-00000-of-00001": "convert_electra_original_tf_checkpoint_to_pytorch",
    "saved_model.pb": "ONNX",
  };
  for (const [name, way] of Object.entries(cases)) {
    const directory = await checkpointCopy(t, fixture(TAGGER), { [name]: "x" }, none);
    await assert.rejects(
      convertDirectory(directory, join(directory, "out")),
      failure("unsupported", name, way),
    );
  }
  const empty = await checkpointCopy(t, fixture(TAGGER), {}, none);
  await assert.rejects(
    convertDirectory(empty, join(empty, "out")),
    failure("file-missing", "model.safetensors", "ONNX"),
  );
});

test("a graph of more nodes than any model has is refused before one of them is read", async (t) => {
  const directory = await changed(t, "captured.onnx", (graph) => {
    for (let i = 0; i < 2 ** 18; i++) graph.node.push({ opType: "If" });
  });
  await assert.rejects(
    convertDirectory(directory, join(directory, "out")),
    failure("unsupported", "model.onnx", "nodes, tensors and names"),
  );
});

test("a node that names no operator is refused", async (t) => {
  const directory = await changed(t, "captured.onnx", (graph) => graph.node.push({ output: ["a"] }));
  await assert.rejects(
    convertDirectory(directory, join(directory, "out")),
    failure("checkpoint-malformed", "names no operator"),
  );
});
