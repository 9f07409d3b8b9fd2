import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { labelOf } from "../../src/cli/entity-types.ts";
import { markedTexts } from "../../src/cli/marked-entities.ts";
import { type ConvertOptions, convertDirectory, convertModelFile } from "../../src/convert/index.ts";
import { readDataset } from "../../src/data/index.ts";
import { pipeline } from "../../src/index.node.ts";
import { EntityScorer } from "../../src/metrics/entity-scores.ts";
import { serializeSafetensors } from "../../src/model/file/safetensors-writer.ts";
import type { Storage } from "../../src/model/file/storage.ts";
import { WAYBILL_MODEL } from "../runtimes/sample.ts";
import { asFloats, dequantize, readRaw } from "./dequantize.ts";
import { checkpointCopy, failure, HEADS, readSafetensors, temporaryDirectory } from "./directories.ts";

const QUERY = "electra.encoder.layer.0.attention.self.query.weight";

async function convert(
  t: TestContext,
  source: string,
  options: ConvertOptions,
  method: typeof convertDirectory = convertDirectory,
) {
  const out = join(await temporaryDirectory(t), "model.safetensors");
  const file = await method(source, out, options);
  const bytes = await readFile(out);
  assert.deepEqual([...file.tensors], [...readSafetensors(bytes).tensors]);
  return { file, bytes, out };
}

const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, i) => value - b[i]!));

for (const name of await readdir(HEADS)) {
  for (const dtype of ["int8", "int4"] as const) {
    test(`heads/${name} in ${dtype} is what it was, but for the errors it states`, async (t) => {
      const original = dequantize((await convert(t, HEADS + name, { dtype: "f32" })).bytes);
      const { file, bytes } = await convert(t, HEADS + name, { dtype });
      const converted = dequantize(bytes);
      const errors = file.metadata.quantization_error as Record<string, number>;
      assert.deepEqual([...converted.keys()].sort(), [...original.keys()].sort());
      for (const { name, quantizable, storage } of file.parameters.values()) {
        const [was, is] = [original.get(name)!, converted.get(name)!];
        if (quantizable) {
          const error = distance(was, is) / Math.hypot(...was);
          assert(Math.abs(error - errors[name]!) < 1e-3 * error, `${name}: ${error}, not ${errors[name]}`);
          assert(error < (storage === "int8" ? 0.01 : 0.2), `${name}: ${error}`);
          assert(storage === dtype || storage === "int8");
        } else {
          assert.deepEqual(is, was, name);
          assert.equal(errors[name], undefined);
        }
      }
      assert.equal(file.parameters.get(QUERY)!.storage, dtype);
    });
  }
}

test("floats that stay follow the source's type, and int4 leaves the way in to int8", async (t) => {
  const { file } = await convert(t, WAYBILL_MODEL, { dtype: "int4" }, convertModelFile);
  const storage = (name: string) => file.parameters.get(name)!.storage;
  assert.equal(storage("electra.embeddings.word_embeddings.weight"), "int8");
  assert.equal(storage("electra.embeddings_project.weight"), "int8");
  assert.equal(storage("electra.encoder.layer.3.output.dense.weight"), "int4");
  for (const name of ["classifier.weight", "crf.transitions", "electra.embeddings.LayerNorm.bias"])
    assert.equal(storage(name), "f16");
  const float32 = await convert(t, `${HEADS}token-classification`, { dtype: "int8" });
  assert.equal(float32.file.parameters.get("classifier.weight")!.storage, "f32");
});

test("a model file converts as the directory it was made from", async (t) => {
  const directory = `${HEADS}token-classification-odd`;
  const { out, bytes } = await convert(t, directory, { dtype: "f32" });
  for (const dtype of ["f32", "f16", "int8", "int4"] as const) {
    const direct = await convert(t, directory, { dtype });
    const again = await convert(t, out, { dtype }, convertModelFile);
    assert(again.bytes.equals(direct.bytes), dtype);
  }
  assert((await convert(t, out, {}, convertModelFile)).bytes.equals(bytes), "its own type by default");
});

test("a model file keeps what it says, unless told otherwise", async (t) => {
  const { file: was } = await convert(t, WAYBILL_MODEL, {}, convertModelFile);
  const { file } = await convert(t, WAYBILL_MODEL, { dtype: "int8" }, convertModelFile);
  assert.deepEqual(
    { ...file.metadata, quantization_error: undefined },
    { ...was.metadata, quantization_error: undefined },
  );
  const told = { crfTokens: "all", license: "MIT", source: "made up" } as const;
  const { metadata } = (await convert(t, WAYBILL_MODEL, told, convertModelFile)).file;
  assert.deepEqual([metadata.crf, metadata.license, metadata.source], [{ tokens: "all" }, "MIT", "made up"]);
  const { out } = await convert(t, `${HEADS}token-classification`, {});
  await assert.rejects(
    convertModelFile(out, `${out}.2`, { crfTokens: "all" }),
    failure("bad-option", "no CRF", out),
  );
});

test("what is quantized can't be converted again, what is no model not at all", async (t) => {
  const { out } = await convert(t, `${HEADS}token-classification`, { dtype: "int8" });
  for (const dtype of ["f32", "int4"] as const)
    await assert.rejects(
      convertModelFile(out, `${out}.2`, { dtype }),
      failure("unsupported", out, "quantized"),
    );
  const checkpoint = `${HEADS}token-classification/model.safetensors`;
  await assert.rejects(convertModelFile(checkpoint, `${out}.2`), failure("not-a-model", checkpoint));
  await assert.rejects(convertModelFile(`${out}.absent`, `${out}.2`), failure("file-missing", "absent"));
});

/** Converts a checkpoint with one value of one tensor changed. */
async function refusal(t: TestContext, name: string, value: number, dtype: Storage, ...parts: string[]) {
  const { tensors } = readRaw(await readFile(`${HEADS}question-answering/model.safetensors`));
  const data = Uint8Array.from(tensors.get(name)!.data);
  new Float32Array(data.buffer)[17] = value;
  tensors.set(name, { ...tensors.get(name)!, data });
  const list = [...tensors].map(([name, tensor]) => ({ ...tensor, name }));
  const directory = await checkpointCopy(t, `${HEADS}question-answering`, {
    "model.safetensors": Buffer.concat([...serializeSafetensors({}, list)]),
  });
  await assert.rejects(
    convertDirectory(directory, join(directory, "out"), { dtype }),
    failure("unsupported", "model.safetensors", ...parts),
  );
  assert(!(await readdir(directory)).includes("out"));
}

test("a weight that is not finite is named, whatever it was to be stored as", async (t) => {
  for (const dtype of ["f32", "f16", "int8", "int4"] as const) {
    await refusal(t, QUERY, Number.NaN, dtype, QUERY, "NaN");
    await refusal(t, QUERY, -Infinity, dtype, QUERY, "-Infinity");
  }
});

test("a model whose layers give what is beyond float32 is no model to fit integers to", async (t) => {
  const bias = "electra.encoder.layer.0.attention.output.LayerNorm.bias";
  await refusal(t, bias, 3e38, "int4", "electra.encoder.layer.1.attention.self.query.weight", "NaN");
});

test("progress counts every parameter once, up to all of the bytes", async (t) => {
  const calls: [number, number, string][] = [];
  const onProgress = (...call: [number, number, string]) => calls.push(call);
  const { file } = await convert(t, `${HEADS}token-classification`, { dtype: "int4", onProgress });
  assert.deepEqual(calls.map(([, , name]) => name).sort(), [...file.parameters.keys()].sort());
  const total = file.byteLength - 8 - file.headerBytes;
  assert.deepEqual(calls.at(-1)!.slice(0, 2), [total, total]);
  assert(calls.every(([done], i) => done > (calls[i - 1]?.[0] ?? 0)));
});

/** By integers in the weights alone: what the kernels add is theirs to keep small. */
describe("the waybill model in integers", () => {
  interface Outcome {
    readonly f1: number;
    /** The type of each UTF-16 unit, and where entities begin. */
    readonly labels: readonly string[];
  }

  const quantized = new Map<string, Promise<Uint8Array>>();
  function inIntegers(t: TestContext, dtype: "int8" | "int4"): Promise<Uint8Array> {
    const model =
      quantized.get(dtype) ??
      convert(t, WAYBILL_MODEL, { dtype }, convertModelFile).then(({ bytes }) => asFloats(bytes));
    quantized.set(dtype, model);
    return model;
  }

  async function evaluate(model: Uint8Array, path: string): Promise<Outcome> {
    const tag = await pipeline("token-classification", model);
    const scorer = new EntityScorer();
    const labels: string[] = [];
    for (const { text, entities } of markedTexts(await readDataset(path))) {
      const found = await tag(text);
      const spans = found.map((entity) => ({ type: labelOf(entity), start: entity.start, end: entity.end }));
      scorer.add(entities, spans);
      const units = new Array<string>(text.length).fill("O");
      for (const { type, start, end } of spans)
        units.fill(type, start, end).fill(`B-${type}`, start, start + 1);
      labels.push(...units);
    }
    tag.dispose();
    return { f1: scorer.scores().f1, labels };
  }

  for (const [name, path] of [
    ["made-up", "../fixtures/waybill-made-up/dev.txt"],
    ["real", "../../../shared/data/waybill/dev.txt"],
  ] as const) {
    test(`finds in ${name} waybills what it finds in floats`, async (t) => {
      const file = fileURLToPath(new URL(path, import.meta.url));
      if (!existsSync(file)) return t.skip("../shared/data/waybill is absent");
      const original = await evaluate(await readFile(WAYBILL_MODEL), file);
      for (const [dtype, tolerance, least] of [
        ["int8", 0.002, 0.998],
        ["int4", 0.005, 0.999],
      ] as const) {
        const { f1, labels } = await evaluate(await inIntegers(t, dtype), file);
        const equal = labels.filter((label, i) => label === original.labels[i]).length / labels.length;
        const figures = `${dtype}: F1 ${f1.toFixed(4)}, f16 ${original.f1.toFixed(4)}, ${equal.toFixed(5)} equal`;
        t.diagnostic(figures);
        assert(Math.abs(f1 - original.f1) <= tolerance, figures);
        assert(equal >= least, figures);
      }
    });
  }
});
