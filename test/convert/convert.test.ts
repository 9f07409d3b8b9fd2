import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  type ConvertOptions,
  convertDirectory,
  convertModelFile,
  convertOnnx,
} from "../../src/convert/index.ts";
import type { ModelFile } from "../../src/model/file/model-file.ts";
import { serializeSafetensors } from "../../src/model/file/safetensors-writer.ts";
import { checkpointCopy, failure, HEADS, readSafetensors, TORCH, temporaryDirectory } from "./directories.ts";

/** Converts, and checks that what is returned is what lies on the disk. */
async function convert(t: TestContext, directory: string, options?: ConvertOptions) {
  const out = join(await temporaryDirectory(t), "model.safetensors");
  const file: ModelFile = await convertDirectory(directory, out, options);
  const bytes = await readFile(out);
  const header = readSafetensors(bytes);
  assert.deepEqual([...file.tensors], [...header.tensors]);
  assert.equal(file.byteLength, bytes.length);
  return { file, bytes };
}

/** Every tensor's bytes by name. */
function tensorsOf(bytes: Buffer): Map<string, { dtype: string; shape: readonly number[]; data: Buffer }> {
  const tensors = [...readSafetensors(bytes).tensors.values()];
  return new Map(
    tensors.map(({ name, dtype, shape, begin, end }) => [
      name,
      { dtype, shape, data: bytes.subarray(begin, end) },
    ]),
  );
}

const f32 = (data: Buffer) => [...new Float32Array(Uint8Array.from(data).buffer)];
const f16 = (data: Buffer) => [...new Float16Array(Uint8Array.from(data).buffer)];

const TASKS = {
  "masked-lm": "fill-mask",
  pretraining: "replaced-token-detection",
  "question-answering": "question-answering",
  "sequence-classification": "text-classification",
  "token-classification": "token-classification",
  "token-classification-noproj": "token-classification",
  "token-classification-odd": "token-classification",
};

for (const [name, task] of Object.entries(TASKS)) {
  test(`heads/${name} converts from every form it has`, async (t) => {
    const forms = (await readdir(HEADS + name)).filter((file) =>
      /^(model\.safetensors|pytorch_model\.bin)$/.test(file),
    );
    assert(forms.length > 0);
    const results: Buffer[] = [];
    for (const form of forms) {
      const without = ["model.safetensors", "pytorch_model.bin"].filter((file) => file !== form);
      const { file, bytes } = await convert(t, await checkpointCopy(t, HEADS + name, {}, without));
      assert.equal(file.metadata.task, task);
      results.push(bytes);
    }
    for (const result of results) assert(result.equals(results[0]!), "every form gives the same file");

    if (!forms.includes("model.safetensors")) return;
    const original = tensorsOf(await readFile(`${HEADS}${name}/model.safetensors`));
    const converted = tensorsOf(results[0]!);
    for (const [tensor, value] of converted) assert.deepEqual(value, original.get(tensor), tensor);
    const left = [...original.keys()].filter((tensor) => !converted.has(tensor));
    assert.deepEqual(
      left,
      name === "masked-lm" ? ["generator_lm_head.weight"] : [],
      "equal to the word embeddings",
    );
  });
}

const FORMS = (await readdir(TORCH)).filter((name) => name.endsWith(".bin"));

async function torchForm(t: TestContext, form: string, files: Record<string, string | object> = {}) {
  const bin = await readFile(join(TORCH, form));
  return checkpointCopy(t, TORCH, { "pytorch_model.bin": bin, ...files }, FORMS);
}

for (const form of FORMS) {
  test(`torch's ${form} gives the values that torch put there`, async (t) => {
    const { bytes, file } = await convert(t, await torchForm(t, form));
    const expected = tensorsOf(await readFile(join(TORCH, "expected.safetensors")));
    const converted = tensorsOf(bytes);
    const half = form.startsWith("half");
    assert.deepEqual([...converted.keys()].sort(), [...expected.keys()].sort());
    for (const [name, { shape, data }] of expected) {
      const tensor = converted.get(name)!;
      assert.equal(tensor.dtype, half ? "F16" : "F32", "the checkpoint's own");
      assert.deepEqual(tensor.shape, shape);
      assert.deepEqual(half ? f16(tensor.data) : f32(tensor.data), f32(data), name);
    }
    assert.deepEqual(file.metadata.crf, { tokens: "first-piece" });
    assert.deepEqual(file.metadata.scheme, { notation: "BIO", typeFirst: false });
  });
}

test("f16 can be had of f32, and f32 of f16", async (t) => {
  const expected = tensorsOf(await readFile(join(TORCH, "expected.safetensors")));
  const narrowed = tensorsOf((await convert(t, await torchForm(t, "zip.bin"), { dtype: "f16" })).bytes);
  const widened = tensorsOf((await convert(t, await torchForm(t, "half.bin"), { dtype: "f32" })).bytes);
  for (const [name, { data }] of expected) {
    assert.equal(narrowed.get(name)!.dtype, "F16");
    assert.deepEqual(f16(narrowed.get(name)!.data), f32(data));
    assert.deepEqual(widened.get(name)!.data, data);
  }
});

test("metadata holds what was asked for", async (t) => {
  const directory = await torchForm(t, "zip.bin");
  const { file } = await convert(t, directory, { crfTokens: "all", license: "MIT", source: "made up" });
  assert.deepEqual(file.metadata.crf, { tokens: "all" });
  assert.equal(file.metadata.license, "MIT");
  assert.equal(file.metadata.source, "made up");
  assert.deepEqual(file.metadata.labels, ["O", "B-X", "I-X"]);
  assert.equal(file.metadata.config.layer_norm_eps, 1e-12);

  const characters = await torchForm(t, "zip.bin", { "tokenizer_config.json": { characters: true } });
  assert.deepEqual((await convert(t, characters)).file.metadata.crf, { tokens: "characters" });
});

test("options that can't be", async (t) => {
  const directory = await torchForm(t, "zip.bin");
  const fails = (options: object, ...parts: string[]) =>
    assert.rejects(
      convertDirectory(directory, join(directory, "out"), options),
      failure("bad-option", ...parts),
    );
  await fails({ dtype: "int2" }, "f32", "int2");
  await fails({ crfTokens: "some" }, "first-piece", "some");
  await fails({ license: 5 }, "license");
  await assert.rejects(
    convertDirectory(`${HEADS}token-classification`, join(directory, "out"), { crfTokens: "all" }),
    failure("bad-option", "no CRF"),
  );
});

test("progress counts the bytes of tensors up to all of them", async (t) => {
  const calls: [number, number, string][] = [];
  const { file } = await convert(t, await torchForm(t, "zip.bin"), {
    onProgress: (...call) => calls.push(call),
  });
  assert.equal(calls.length, file.tensors.size);
  assert.equal(calls[0]![2], "electra.embeddings.word_embeddings.weight");
  const total = file.byteLength - 8 - file.headerBytes;
  assert.deepEqual(calls.at(-1)!.slice(0, 2), [total, total]);
});

for (const dtype of ["f32", "int8", "int4"] as const) {
  test(`a signal stops a conversion to ${dtype} in between two tensors, and nothing is left`, async (t) => {
    const out = await temporaryDirectory(t);
    const whole = join(await temporaryDirectory(t), "whole.safetensors");
    await convertDirectory(`${HEADS}token-classification`, whole);
    const conversions = { [`${HEADS}token-classification`]: convertDirectory, [whole]: convertModelFile };
    for (const [source, convertSource] of Object.entries(conversions)) {
      const stopAt = async (calls: number) => {
        const abort = new AbortController();
        let heard = 0;
        const onProgress = () => {
          if (++heard === calls) abort.abort(`after ${calls}`);
        };
        const path = join(out, "model.safetensors");
        const converting = convertSource(source, path, { dtype, signal: abort.signal, onProgress });
        await assert.rejects(converting, (reason) => reason === `after ${calls}`);
        assert.equal(heard, calls);
        assert.deepEqual(await readdir(out), []);
      };
      for (const calls of [1, 2, 20]) await stopAt(calls);
      const timer = new AbortController();
      setTimeout(() => timer.abort("in time"));
      const converting = convertSource(source, join(out, "a"), { dtype, signal: timer.signal });
      await assert.rejects(converting, (reason) => reason === "in time");
      assert.deepEqual(await readdir(out), []);
    }
  });
}

test("a signal must be one, and where it has aborted nothing is opened", async () => {
  for (const convertSource of [convertDirectory, convertOnnx, convertModelFile]) {
    const converting = (signal: AbortSignal) => convertSource("not there", "neither", { signal });
    await assert.rejects(converting(AbortSignal.abort("not today")), (reason) => reason === "not today");
    for (const signal of [null, {}, new AbortController()]) {
      await assert.rejects(converting(signal as AbortSignal), failure("bad-option", "signal must be an"));
    }
  }
});

test("an encoder saved alone becomes feature-extraction, other heads dropped", async (t) => {
  const original = tensorsOf(await readFile(`${HEADS}question-answering/model.safetensors`));
  const renamed = [...original].map(([name, tensor]) => ({
    ...tensor,
    name: name.replace(/^electra\./, ""),
    dtype: "F32" as const,
  }));
  const config = JSON.parse(await readFile(`${HEADS}question-answering/config.json`, "utf8"));
  const directory = await checkpointCopy(t, `${HEADS}question-answering`, {
    "model.safetensors": Buffer.concat([...serializeSafetensors({}, renamed)]),
    "config.json": { ...config, architectures: ["ElectraModel"] },
  });
  const { file, bytes } = await convert(t, directory);
  assert.equal(file.metadata.task, "feature-extraction");
  original.delete("qa_outputs.weight");
  original.delete("qa_outputs.bias");
  assert.deepEqual(new Map([...tensorsOf(bytes)].sort()), new Map([...original].sort()));
});

test("what is missing, misshaped and surplus is named, with what was expected", async (t) => {
  const all = tensorsOf(await readFile(join(TORCH, "expected.safetensors")));
  const write = async (change: (tensors: typeof all) => void, files: object = {}) => {
    const tensors = new Map(all);
    change(tensors);
    const list = [...tensors].map(([name, tensor]) => ({ ...tensor, name, dtype: tensor.dtype as "F32" }));
    const model = Buffer.concat([...serializeSafetensors({}, list)]);
    return checkpointCopy(t, TORCH, { "model.safetensors": model, ...files }, FORMS);
  };
  const fails = async (directory: string, code: string, ...parts: string[]) => {
    const out = join(directory, "out.safetensors");
    await assert.rejects(convertDirectory(directory, out), failure(code, ...parts));
    assert.deepEqual(
      (await readdir(directory)).filter((name) => name.includes("out")),
      [],
      "nothing is left",
    );
  };
  const layer = "electra.encoder.layer.0";
  await fails(
    await write((tensors) => {
      tensors.delete(`${layer}.output.dense.weight`);
      tensors.delete("crf.transitions");
      tensors.set("classifier.bias", { dtype: "F32", shape: [3, 1], data: Buffer.alloc(12) });
      tensors.set("extra.weight", { dtype: "F32", shape: [1], data: Buffer.alloc(4) });
    }),
    "tensor-missing",
    `${layer}.output.dense.weight [4,6]`,
    "crf.transitions [3,3]",
    "classifier.bias [3], which came as [3,1]",
    "extra.weight [1]",
  );
  const surplus = { dtype: "F32", shape: [1], data: Buffer.alloc(4) };
  await fails(
    await write((tensors) => tensors.set("classifier.other", surplus)),
    "tensor-surplus",
    "classifier.other [1]",
  );
  await fails(
    await write((tensors) =>
      tensors.set("classifier.weight", { dtype: "F32", shape: [2, 4], data: Buffer.alloc(32) }),
    ),
    "labels-mismatch",
    "config.json",
    "3 labels",
    "2 rows",
  );
  await fails(
    await write((tensors) =>
      tensors.set("classifier.bias", { dtype: "I32", shape: [3], data: Buffer.alloc(12) }),
    ),
    "checkpoint-malformed",
    "classifier.bias",
    "I32",
  );
  const twice = await write((tensors) => {
    tensors.set("embeddings.LayerNorm.gamma", tensors.get("electra.embeddings.LayerNorm.weight")!);
  });
  await fails(twice, "checkpoint-malformed", "electra.embeddings.LayerNorm.weight");
  // Another head of ELECTRA's is no reason to refuse.
  const head = await write((tensors) => tensors.set("discriminator_predictions.dense.bias", surplus));
  assert.equal((await convert(t, head)).file.tensors.size, 28);
});

test("a value that float16 can't hold is named, and nothing is left behind", async (t) => {
  const tensors = tensorsOf(await readFile(join(TORCH, "expected.safetensors")));
  tensors.get("crf.end_transitions")!.data = Buffer.from(new Float32Array([0, -100000, 1]).buffer);
  const list = [...tensors].map(([name, tensor]) => ({ ...tensor, name, dtype: "F32" as const }));
  const model = Buffer.concat([...serializeSafetensors({}, list)]);
  const directory = await checkpointCopy(t, TORCH, { "model.safetensors": model }, FORMS);
  const out = join(await temporaryDirectory(t), "model.safetensors");
  await writeFile(out, "what was there before");
  await assert.rejects(
    convertDirectory(directory, out, { dtype: "f16" }),
    failure("unsupported", "crf.end_transitions", "-100000", "f32"),
  );
  assert.deepEqual(await readdir(join(out, "..")), ["model.safetensors"]);
  assert.equal(await readFile(out, "utf8"), "what was there before");
});

test("targets that can't be written", async (t) => {
  const directory = await torchForm(t, "zip.bin");
  const target = await temporaryDirectory(t);
  await assert.rejects(
    convertDirectory(directory, join(target, "absent", "m")),
    failure("unwritable", "absent"),
  );
  await mkdir(join(target, "folder"));
  await writeFile(join(target, "folder", "kept"), "");
  await assert.rejects(convertDirectory(directory, join(target, "folder")), failure("unwritable", "folder"));
  assert.deepEqual(await readdir(target), ["folder"]);
});

test("a tied output matrix that the config unties must be there", async (t) => {
  const config = JSON.parse(await readFile(`${HEADS}masked-lm/config.json`, "utf8"));
  const tensors = tensorsOf(await readFile(`${HEADS}masked-lm/model.safetensors`));
  const untied = { ...config, tie_word_embeddings: false };
  const kept = await convert(t, await checkpointCopy(t, `${HEADS}masked-lm`, { "config.json": untied }));
  assert(kept.file.tensors.has("generator_lm_head.weight"));
  tensors.delete("generator_lm_head.weight");
  const list = [...tensors].map(([name, tensor]) => ({ ...tensor, name, dtype: "F32" as const }));
  const model = Buffer.concat([...serializeSafetensors({}, list)]);
  const absent = await convert(
    t,
    await checkpointCopy(t, `${HEADS}masked-lm`, { "model.safetensors": model }),
  );
  assert(!absent.file.tensors.has("generator_lm_head.weight"));
  const directory = await checkpointCopy(t, `${HEADS}masked-lm`, {
    "model.safetensors": model,
    "config.json": untied,
  });
  await assert.rejects(
    convertDirectory(directory, join(directory, "out")),
    failure("tensor-missing", "generator_lm_head.weight [600,32]"),
  );
});
