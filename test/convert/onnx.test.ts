import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import onnxProto from "onnx-proto";
import { electraFeeds } from "../../bench/peers/peers.ts";
import { convertDirectory, convertModelFile } from "../../src/convert/index.ts";
import { exportOnnx } from "../../src/convert/onnx/export.ts";
import { randomModel } from "../model/random-model.ts";
import { type Checkpoint, readCheckpoint, values } from "../reference/checkpoint.ts";
import { headFolder } from "../reference/expected.ts";
import { relativeError } from "../reference/math.ts";
import { WAYBILL_MODEL } from "../runtimes/sample.ts";
import { dequantize } from "./dequantize.ts";
import { failure } from "./directories.ts";
import { onnxruntime, openSession } from "./onnx-runtime.ts";

/** The heads' fixtures and the outputs of each. */
const HEADS = {
  "token-classification": ["logits"],
  "token-classification-noproj": ["logits"],
  "token-classification-odd": ["logits"],
  "sequence-classification": ["logits"],
  "multiple-choice": ["logits"],
  "question-answering": ["start_logits", "end_logits"],
  "masked-lm": ["logits"],
  pretraining: ["logits"],
};

const { ModelProto, TensorProto } = onnxProto.onnx;

async function readOnnx(path: string) {
  const { graph, metadataProps } = ModelProto.decode(await readFile(path));
  const tensors = new Map(graph!.initializer!.map((tensor) => [tensor.name!, tensor]));
  const metadata = new Map(metadataProps.map(({ key, value }) => [key!, value!]));
  return { nodes: graph!.node!, inputs: graph!.input!, outputs: graph!.output!, tensors, metadata };
}

const floatsOf = (bytes: Uint8Array) => new Float32Array(new Uint8Array(bytes).buffer);

/** Rows of a tensor, each without the padding at its end. */
function rowsOf(expected: Checkpoint, key: string, lengths: readonly number[], width: number): number[] {
  const all = [...values(expected, key)];
  const perRow = all.length / lengths.length;
  const perToken = expected.get(key)!.shape[1] === width;
  return lengths.flatMap((length, row) => {
    const whole = all.slice(row * perRow, (row + 1) * perRow);
    return perToken ? whole.slice(0, (perRow / width) * length) : whole;
  });
}

describe("ONNX export", () => {
  let folder: string;
  const out = (name: string) => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
  });
  after(() => rm(folder, { recursive: true }));

  // The numbers are PyTorch's, which test/model holds the library itself to, more closely than this.
  for (const [name, outputs] of Object.entries(HEADS)) {
    test(`${name}: onnxruntime gives PyTorch's numbers, padded batches as they are`, async (t) => {
      const ort = await onnxruntime(t);
      if (ort === undefined) return;
      await convertDirectory(fileURLToPath(headFolder(name)), out(`${name}.safetensors`));
      await exportOnnx(out(`${name}.safetensors`), out(`${name}.onnx`));
      const session = await openSession(ort, out(`${name}.onnx`));
      assert.deepEqual(session.outputNames, outputs);

      const expected = readCheckpoint(new URL("expected.safetensors", headFolder(name)));
      for (const batch of ["0", "1", "2", "3"]) {
        const [rows, width] = expected.get(`${batch}.input_ids`)!.shape as [number, number];
        const batchRows = (key: string) => {
          const all = values(expected, `${batch}.${key}`);
          return Array.from({ length: rows }, (_, row) => all.subarray(row * width, (row + 1) * width));
        };
        const mask = batchRows("attention_mask");
        const feeds = electraFeeds(ort, batchRows("input_ids"), mask, batchRows("token_type_ids"));
        const results = await session.run(feeds);
        const actual: Checkpoint = new Map(
          outputs.map((output) => {
            const { dims, data } = results[output]!;
            return [output, { shape: dims, values: Float64Array.from(data) }];
          }),
        );
        const lengths = mask.map((row) => row.reduce((sum, bit) => sum + bit, 0));
        const wanted = rowsOf(expected, `${batch}.logits`, lengths, width);
        outputs.forEach((output, i) => {
          // Each output has its own column of what PyTorch gives.
          const column = wanted.filter((_, at) => at % outputs.length === i);
          const error = relativeError(
            Float64Array.from(rowsOf(actual, output, lengths, width)),
            Float64Array.from(column),
          );
          assert.ok(error <= 2e-5, `batch ${batch}: ${output}: relative error ${error}`);
        });
      }
      await session.release();
    });
  }

  test("the waybill model, stored in f16, gives PyTorch's emissions in fp32 and its labels in int8", async (t) => {
    const ort = await onnxruntime(t);
    if (ort === undefined) return;
    await exportOnnx(WAYBILL_MODEL, out("waybill.onnx"));
    await exportOnnx(WAYBILL_MODEL, out("waybill-int8.onnx"), { dtype: "int8" });
    const exact = await openSession(ort, out("waybill.onnx"));
    const quantized = await openSession(ort, out("waybill-int8.onnx"));
    const fixture = (name: string) => new URL(`../fixtures/waybill-made-up/${name}`, import.meta.url);
    const rows: { ids: number[] }[] = JSON.parse(readFileSync(fixture("expected.json"), "utf8"));
    const expected = readCheckpoint(fixture("expected.safetensors"));
    let [same, labels] = [0, 0];
    for (const [row, { ids }] of rows.slice(0, 20).entries()) {
      const wanted = values(expected, `${row}.emissions`);
      const width = expected.get(`${row}.emissions`)!.shape[1]!;
      const feeds = electraFeeds(ort, [ids]);
      const [f32, int8] = await Promise.all(
        [exact, quantized].map(async (session) =>
          // Between [CLS] and [SEP].
          Float64Array.from((await session.run(feeds))["logits"]!.data).subarray(width, -width),
        ),
      );
      const error = relativeError(f32!, wanted);
      assert.ok(error <= 1e-4, `row ${row}: relative error ${error}`);
      const loss = relativeError(int8!, wanted);
      assert.ok(loss > 1e-4 && loss <= 0.05, `row ${row}: int8's relative error ${loss}`);
      for (let at = 0; at < wanted.length; at += width) {
        const best = (logits: Float64Array) =>
          logits.subarray(at, at + width).indexOf(Math.max(...logits.subarray(at, at + width)));
        labels++;
        if (best(int8!) === best(wanted)) same++;
      }
    }
    assert.ok(same / labels > 0.99, `${same} of ${labels} labels`);
  });

  test("keeps the CRF out of the graph and in the file, with all that the model file says", async () => {
    await writeFile(out("crf.safetensors"), randomModel());
    await exportOnnx(out("crf.safetensors"), out("crf.onnx"));
    const { nodes, inputs, outputs, tensors, metadata } = await readOnnx(out("crf.onnx"));
    assert.deepEqual(
      inputs.map(({ name }) => name),
      ["input_ids", "attention_mask", "token_type_ids"],
    );
    assert.deepEqual(
      outputs.map(({ name }) => name),
      ["logits"],
    );

    const model = readCheckpoint(out("crf.safetensors"));
    const unused = new Set(tensors.keys());
    for (const { input } of nodes) for (const name of input!) unused.delete(name);
    assert.deepEqual([...unused], ["crf.start_transitions", "crf.transitions", "crf.end_transitions"]);
    for (const name of unused) {
      const { dims, rawData, dataType } = tensors.get(name)!;
      assert.equal(dataType, TensorProto.DataType.FLOAT);
      assert.deepEqual(dims!.map(Number), model.get(name)!.shape);
      assert.deepEqual(Float64Array.from(floatsOf(rawData!)), values(model, name));
    }

    assert.deepEqual(
      [...metadata.keys()],
      ["electra_edge", "task", "config", "tokenizer", "labels", "scheme", "crf"],
    );
    assert.equal(JSON.parse(metadata.get("task")!), "token-classification");
    assert.deepEqual(JSON.parse(metadata.get("labels")!), ["O", "B-P", "I-P", "B-T", "I-T"]);
    assert.deepEqual(JSON.parse(metadata.get("crf")!), { tokens: "characters" });
  });

  test("a masked-LM head has the weights of its own that the file has, else the word embeddings", async () => {
    await writeFile(out("own.safetensors"), randomModel({ task: "fill-mask" }));
    await exportOnnx(out("own.safetensors"), out("own.onnx"));
    await convertDirectory(fileURLToPath(headFolder("masked-lm")), out("tied.safetensors"));
    await exportOnnx(out("tied.safetensors"), out("tied.onnx"));
    for (const [name, weight] of [
      ["own", "generator_lm_head.weight"],
      ["tied", "electra.embeddings.word_embeddings.weight"],
    ] as const) {
      const expected = readCheckpoint(out(`${name}.safetensors`)).get(weight)!;
      const [tokens, size] = expected.shape as [number, number];
      const { tensors } = await readOnnx(out(`${name}.onnx`));
      const { rawData, dims } = tensors.get("generator_lm_head.weight.transposed")!;
      assert.deepEqual(dims!.map(Number), [size, tokens]);
      const transposed = floatsOf(rawData!);
      for (const [i, value] of expected.values.entries()) {
        assert.equal(transposed[(i % size) * tokens + Math.floor(i / size)], value, name);
      }
    }
  });

  test("int8: each output's weights in steps of their largest / 127, rounded to the nearest", async () => {
    await writeFile(out("int8.safetensors"), randomModel());
    await exportOnnx(out("int8.safetensors"), out("int8.onnx"), { dtype: "int8" });
    const model = readCheckpoint(out("int8.safetensors"));
    const { tensors, nodes } = await readOnnx(out("int8.onnx"));
    const layer = "electra.encoder.layer.1.intermediate.dense";
    const weight = values(model, `${layer}.weight`);
    const [outputs, inputs] = model.get(`${layer}.weight`)!.shape as [number, number];
    const { rawData, dims } = tensors.get(`${layer}.weight.quantized`)!;
    assert.deepEqual(dims!.map(Number), [inputs, outputs]);
    const quantized = new Int8Array(rawData!);
    const scales = floatsOf(tensors.get(`${layer}.weight.scale`)!.rawData!);
    for (let row = 0; row < outputs; row++) {
      const ofRow = weight.subarray(row * inputs, (row + 1) * inputs);
      const largest = Math.max(...ofRow.map(Math.abs));
      assert.ok(Math.abs(scales[row]! * 127 - largest) < 1e-6 * largest);
      ofRow.forEach((value, i) => {
        const error = Math.abs(quantized[i * outputs + row]! * scales[row]! - value);
        assert.ok(error <= scales[row]! * 0.5001, `weight [${row}, ${i}] is off by ${error}`);
      });
    }

    const table = "electra.embeddings.word_embeddings.weight";
    const [zero] = tensors.get(`${table}.zero_point`)!.rawData!;
    const [scale] = floatsOf(tensors.get(`${table}.scale`)!.rawData!);
    tensors.get(`${table}.quantized`)!.rawData!.forEach((value, i) => {
      assert.ok(Math.abs((value - zero!) * scale! - values(model, table)[i]!) <= scale! * 0.5001);
    });
    const of = (operator: string) => nodes.filter(({ opType }) => opType === operator).length;
    // Six linear layers in each of two, the projection and the classifier; queries, keys and values share their input.
    assert.equal(of("MatMulInteger"), 2 * 6 + 2);
    assert.equal(of("DynamicQuantizeLinear"), 2 * 4 + 2);
  });

  for (const dtype of ["int8", "int4"] as const) {
    test(`a model file in ${dtype} is exported with the numbers that its integers stand for`, async () => {
      await writeFile(out("floats.safetensors"), randomModel());
      await convertModelFile(out("floats.safetensors"), out(`${dtype}.safetensors`), { dtype });
      await exportOnnx(out(`${dtype}.safetensors`), out(`${dtype}.onnx`));
      const expected = dequantize(await readFile(out(`${dtype}.safetensors`)));
      const { tensors, metadata } = await readOnnx(out(`${dtype}.onnx`));
      const table = "electra.embeddings.word_embeddings.weight";
      assert.deepEqual(floatsOf(tensors.get(table)!.rawData!), expected.get(table));
      const layer = "electra.encoder.layer.0.output.dense.weight";
      const { rawData, dims } = tensors.get(`${layer}.transposed`)!;
      const [inputs, outputs] = dims!.map(Number) as [number, number];
      const transposed = floatsOf(rawData!);
      const weight = Float32Array.from(
        transposed,
        (_, i) => transposed[(i % inputs) * outputs + Math.floor(i / inputs)]!,
      );
      assert.deepEqual(weight, expected.get(layer));
      assert.ok(!metadata.has("quantization_error"), "the export has no such error to tell of");
    });
  }

  test("a model file whose integers break a rule is refused", async () => {
    await writeFile(out("floats.safetensors"), randomModel());
    const { tensors } = await convertModelFile(out("floats.safetensors"), out("bad.safetensors"), {
      dtype: "int8",
    });
    const bytes = await readFile(out("bad.safetensors"));
    bytes[tensors.get("electra.embeddings_project.weight")!.begin] = 0x80;
    await writeFile(out("bad.safetensors"), bytes);
    await assert.rejects(exportOnnx(out("bad.safetensors"), out("bad.onnx")), failure("bad-value", "-128"));
  });

  test("int8: weights that are all zero stay zero", async (t) => {
    const ort = await onnxruntime(t);
    if (ort === undefined) return;
    const bytes = randomModel({ crf: undefined });
    bytes.fill(0, 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true)));
    await writeFile(out("zero.safetensors"), bytes);
    await exportOnnx(out("zero.safetensors"), out("zero.onnx"), { dtype: "int8" });
    const session = await openSession(ort, out("zero.onnx"));
    const { logits } = await session.run(electraFeeds(ort, [[2, 5, 3]]));
    assert.deepEqual([...(logits!.data as Float32Array)], Array(15).fill(0));
  });

  test("refuses what is no model and what it can't write, and leaves nothing behind", async () => {
    const target = out("never.onnx");
    await writeFile(out("cut.safetensors"), randomModel().subarray(0, -4));
    await writeFile(out("fine.safetensors"), randomModel());
    const cases: [model: string, file: string, options: object, code: string][] = [
      [out("absent.safetensors"), target, {}, "file-missing"],
      [folder, target, {}, "unreadable"],
      [out("cut.safetensors"), target, {}, "truncated"],
      [out("fine.safetensors"), join(folder, "absent", "x.onnx"), {}, "unwritable"],
      [out("fine.safetensors"), target, { dtype: "int4" }, "bad-option"],
    ];
    for (const [model, file, options, code] of cases) {
      await assert.rejects(exportOnnx(model, file, options), failure(code));
    }
    assert.ok(!existsSync(target));
  });
});
