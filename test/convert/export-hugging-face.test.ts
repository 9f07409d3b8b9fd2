import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { exportHuggingFace } from "../../src/convert/hugging-face/export.ts";
import { convertDirectory, convertModelFile } from "../../src/convert/index.ts";
import { createTokenizer } from "../../src/text/tokenizer.ts";
import { type RandomModelOptions, randomModel } from "../model/random-model.ts";
import { dequantize, readRaw } from "./dequantize.ts";
import { failure, HEADS, temporaryDirectory } from "./directories.ts";

const FILES = [
  "config.json",
  "model.safetensors",
  "special_tokens_map.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "vocab.txt",
];

/** Exports a model file and converts what comes of it. */
async function thereAndBack(t: TestContext, bytes: Uint8Array) {
  const folder = await temporaryDirectory(t);
  const path = (name: string) => join(folder, name);
  await writeFile(path("before"), bytes);
  const { byteLength } = await exportHuggingFace(path("before"), path("directory"));
  assert.equal(byteLength, (await stat(path("directory/model.safetensors"))).size);
  await convertDirectory(path("directory"), path("after"));
  const json = async (name: string) => JSON.parse(await readFile(path(`directory/${name}`), "utf8"));
  return { directory: path("directory"), after: await readFile(path("after")), json };
}

/** A random tagger as the converter would write it, so that not a byte of its header differs. */
async function tagger(t: TestContext, options: RandomModelOptions, dtype: "f32" | "f16" = "f32") {
  const folder = await temporaryDirectory(t);
  await writeFile(join(folder, "model"), randomModel(options));
  await convertModelFile(join(folder, "model"), join(folder, "out"), {
    dtype,
    license: "Apache-2.0",
    source: "made up",
  });
  return readFile(join(folder, "out"));
}

const ENCODERS = fileURLToPath(new URL("../fixtures/encoders/", import.meta.url));

/** RoBERTa's own rows of positions and ERNIE's embedding of tasks are folded in: they need not come back. */
for (const name of (await readdir(ENCODERS)).sort()) {
  test(`encoders/${name}: goes out under its family's names, and comes back bit for bit`, async (t) => {
    const out = join(await temporaryDirectory(t), "model");
    await convertDirectory(ENCODERS + name, out);
    const before = await readFile(out);
    const { after, directory, json } = await thereAndBack(t, before);
    assert(after.equals(before));
    const original = JSON.parse(await readFile(join(ENCODERS + name, "config.json"), "utf8"));
    const written = await json("config.json");
    const { architectures, model_type } = written;
    assert.deepEqual(architectures, original.architectures);
    assert.equal(model_type, original.model_type);
    // RoBERTa's positions start behind the padding token's id, which in some fixtures isn't the vocabulary's.
    const tokens = (config: typeof original) => config.max_position_embeddings - config.pad_token_id;
    assert.equal(tokens(written), tokens(original));

    const tensors = async (path: string) => readRaw(await readFile(join(path, "model.safetensors"))).tensors;
    const [theirs, ours] = [await tensors(ENCODERS + name), await tensors(directory)];
    // Without the encoder's prefix, which a model without a head has none of.
    const bare = (tensor: string) => tensor.replace(`${model_type}.`, "");
    const known = new Map([...theirs].map(([tensor, { shape }]) => [bare(tensor), shape]));
    for (const [tensor, { shape }] of ours) {
      const wanted = known.get(bare(tensor));
      if (tensor.endsWith("position_embeddings.weight"))
        assert.equal(shape[0], written.max_position_embeddings);
      else assert.deepEqual(shape, wanted, tensor);
    }
  });
}

for (const name of (await readdir(HEADS)).sort()) {
  test(`heads/${name}: the round trip gives the model file bit for bit`, async (t) => {
    const out = join(await temporaryDirectory(t), "model");
    await convertDirectory(HEADS + name, out);
    const before = await readFile(out);
    const { after, directory, json } = await thereAndBack(t, before);
    assert(after.equals(before));
    assert.deepEqual((await readdir(directory)).sort(), FILES);
    const original = JSON.parse(await readFile(join(HEADS + name, "config.json"), "utf8"));
    assert.deepEqual((await json("config.json")).architectures, original.architectures);
  });
}

const WORDPIECE = {
  tokenizer: {
    type: "wordpiece",
    vocab: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "ab", "##c", "a", "张", "é", "e"],
    mask_token: "[MASK]",
    do_lower_case: false,
    strip_accents: true,
    tokenize_chinese_chars: false,
  },
  crf: { tokens: "first-piece" },
} as const;

const ROUND_TRIPS: Record<string, [RandomModelOptions, ("f32" | "f16")?]> = {
  "a CRF over characters": [{}],
  "a CRF over all tokens": [{ crf: { tokens: "all" } }],
  "no CRF": [{ crf: undefined }],
  float16: [{}, "f16"],
  "word pieces": [WORDPIECE],
  "capital letters kept": [{ tokenizer: { do_lower_case: false, tokenize_chinese_chars: false } }],
  "tokens that are line ends": [
    { tokenizer: { vocab: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "\n", "\r", "a"] } },
  ],
  "a mask token that isn't used": [
    { tokenizer: { vocab: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"], mask_token: null } },
  ],
  "special tokens of other names": [
    {
      tokenizer: {
        vocab: ["<pad>", "<unk>", "<s>", "</s>", "a", "__proto__"],
        pad_token: "<pad>",
        unk_token: "<unk>",
        cls_token: "<s>",
        sep_token: "</s>",
      },
    },
  ],
  "a scheme that its labels don't show": [
    { metadata: { scheme: JSON.stringify({ notation: "BIOES", typeFirst: true }) } },
  ],
  "no projection": [{ config: { embedding_size: 20 } }],
};

for (const [name, [options, dtype]] of Object.entries(ROUND_TRIPS)) {
  test(`${name}: the round trip gives the model file bit for bit`, async (t) => {
    const before = await tagger(t, options, dtype);
    const { after, json } = await thereAndBack(t, before);
    assert.deepEqual(readRaw(after).metadata, readRaw(before).metadata);
    assert(after.equals(before));
    assert.equal((await json("config.json")).dtype, "float32");
  });
}

for (const dtype of ["int8", "int4"] as const) {
  test(`${dtype}: the directory has the numbers that the integers stand for`, async (t) => {
    const folder = await temporaryDirectory(t);
    await writeFile(join(folder, "floats"), randomModel());
    await convertModelFile(join(folder, "floats"), join(folder, dtype), { dtype });
    const quantized = await readFile(join(folder, dtype));
    const { after } = await thereAndBack(t, quantized);
    const { metadata, tensors } = readRaw(after);
    const expected = dequantize(quantized);
    assert.deepEqual([...tensors.keys()].sort(), [...expected.keys()].sort());
    for (const [name, { dtype: stored, data }] of tensors) {
      assert.equal(stored, "F32");
      assert.deepEqual(new Float32Array(data.buffer), expected.get(name), name);
    }
    assert.equal(metadata["quantization_error"], undefined);
  });
}

const { Tokenizer: Peer } = createRequire(import.meta.url)("@huggingface/tokenizers") as {
  Tokenizer: new (tokenizer: object, config: object) => { encode(text: string): { ids: number[] } };
};

test("tokenizer.json cuts as our own tokenizer does", async (t) => {
  const vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ..."ab 张三é\n😀iσ[", "##c", "ab"];
  const texts = ["", "ab 张三", "A  B\n\t张", "É 😀 İ ΣΑ", "abc cab", "a\u0301 \u200d 3", "x".repeat(120)];
  for (const type of ["characters", "wordpiece"] as const) {
    for (const do_lower_case of [true, false]) {
      const tokenizer = { type, vocab, do_lower_case, mask_token: "[MASK]" };
      const { json } = await thereAndBack(t, await tagger(t, { tokenizer }));
      const peer = new Peer(await json("tokenizer.json"), await json("tokenizer_config.json"));
      const { metadata } = readRaw(await tagger(t, { tokenizer }));
      const ours = createTokenizer(JSON.parse(metadata["tokenizer"]!));
      for (const text of texts) {
        assert.deepEqual(peer.encode(text).ids, [...ours.encode(text).ids], JSON.stringify({ type, text }));
      }
    }
  }
});

test("nothing is overwritten unasked, and nothing but an earlier export at all", async (t) => {
  const folder = await temporaryDirectory(t);
  const [model, out] = [join(folder, "model"), join(folder, "out")];
  await writeFile(model, randomModel());
  await exportHuggingFace(model, out);
  const config = await readFile(join(out, "config.json"), "utf8");
  await writeFile(join(out, "config.json"), "changed");
  await assert.rejects(exportHuggingFace(model, out), failure("unwritable", "out", "exists already"));
  assert.equal(await readFile(join(out, "config.json"), "utf8"), "changed");
  await exportHuggingFace(model, out, { overwrite: true });
  assert.equal(await readFile(join(out, "config.json"), "utf8"), config);

  await writeFile(join(out, "notes.txt"), "mine");
  await assert.rejects(
    exportHuggingFace(model, out, { overwrite: true }),
    failure("unwritable", "notes.txt"),
  );
  assert.equal(await readFile(join(out, "notes.txt"), "utf8"), "mine");
  await assert.rejects(exportHuggingFace(model, model, { overwrite: true }), failure("unwritable", "model"));
  await assert.rejects(exportHuggingFace(model, join(folder, "a", "b")), failure("unwritable", "b"));
  assert.deepEqual((await readdir(folder)).sort(), ["model", "out"]);
});

test("a model file whose values break a rule leaves nothing behind", async (t) => {
  const folder = await temporaryDirectory(t);
  await writeFile(join(folder, "floats"), randomModel());
  const { tensors } = await convertModelFile(join(folder, "floats"), join(folder, "bad"), { dtype: "int8" });
  const bytes = await readFile(join(folder, "bad"));
  bytes[tensors.get("electra.embeddings_project.weight")!.begin] = 0x80;
  await writeFile(join(folder, "bad"), bytes);
  await mkdir(join(folder, "empty"));
  await assert.rejects(
    exportHuggingFace(join(folder, "bad"), join(folder, "empty", "out")),
    failure("bad-value", "-128"),
  );
  assert.deepEqual(await readdir(join(folder, "empty")), []);
});

test("a directory that lost the CRF it speaks of is refused, with the way to go on without", async (t) => {
  const { directory, json } = await thereAndBack(t, randomModel());
  const { tensors } = readRaw(await readFile(join(directory, "model.safetensors")));
  const { serializeSafetensors } = await import("../../src/model/file/safetensors-writer.ts");
  const rest = [...tensors].filter(([name]) => !name.startsWith("crf."));
  const weights = rest.map(([name, tensor]) => ({ name, ...tensor }));
  await writeFile(
    join(directory, "model.safetensors"),
    Buffer.concat([...serializeSafetensors({}, weights)]),
  );
  const out = join(directory, "out");
  await assert.rejects(convertDirectory(directory, out), failure("tensor-missing", "electra_edge.crf"));
  const { electra_edge, ...config } = await json("config.json");
  assert.deepEqual(electra_edge, { crf: { tokens: "characters" } });
  await writeFile(join(directory, "config.json"), JSON.stringify(config));
  assert.equal((await convertDirectory(directory, out)).metadata.crf, undefined);
});

test("our fields of config.json are checked like all others", async (t) => {
  const { directory, json } = await thereAndBack(t, randomModel());
  const config = await json("config.json");
  const refuses = async (electra_edge: unknown, code: string, part: string) => {
    await writeFile(join(directory, "config.json"), JSON.stringify({ ...config, electra_edge }));
    await assert.rejects(
      convertDirectory(directory, join(directory, "out")),
      failure(code, "config.json", part),
    );
  };
  await refuses([], "config-malformed", "object");
  await refuses(5, "config-malformed", "object");
  await refuses({ crf: { tokens: "some" } }, "config-malformed", "first-piece");
  await refuses({ crf: null }, "config-malformed", "tokens");
  await refuses({ license: 5 }, "config-malformed", "license");
  await refuses({ scheme: { notation: "X" } }, "metadata-malformed", "notation");
});
