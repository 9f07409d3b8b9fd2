import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { convertDirectory } from "../../src/convert/index.ts";
import { exportOnnx } from "../../src/convert/onnx/export.ts";
import { serializeSafetensors } from "../../src/model/file/safetensors-writer.ts";
import { encoderParameters, headParameters } from "../../src/model/parameters.ts";
import { random } from "../../test/random.ts";

/** One model in every form that the bench runs; all hold the same weights. */
export interface BenchModel {
  readonly shape: Shape;
  /** Ours, f32. */
  readonly f32: string;
  /** Ours, int8. */
  readonly int8: string;
  /** A directory as transformers.js wants it, with `onnx/model.onnx` and `onnx/model_quantized.onnx`. */
  readonly directory: string;
  readonly onnxF32: string;
  readonly onnxInt8: string;
}

/** ELECTRA-small and ELECTRA-base (Clark et al. 2020, appendix A), with a Chinese BERT's number of words. */
const SHAPES = {
  small: { embedding_size: 128, hidden_size: 256, num_attention_heads: 4, intermediate_size: 1024 },
  base: { embedding_size: 768, hidden_size: 768, num_attention_heads: 12, intermediate_size: 3072 },
};
export type Shape = keyof typeof SHAPES;
const VOCABULARY_SIZE = 21_128;

/** The waybill model's own. */
const LABELS = ["P", "T", "A1", "A2", "A3", "A4"].flatMap((type) => [`${type}-B`, `${type}-I`]).concat("O");

const VOCABULARY = new URL("../../test/fixtures/waybill-made-up/vocab.txt", import.meta.url);
const OUT = fileURLToPath(new URL("../../build/bench/", import.meta.url));

/**
 * Makes a model of random weights, as BERT initialises them: normal with deviation 0.02. Speed does not depend on what
 * was learnt. Characters are its tokens and a softmax its head, for that is what transformers.js can run.
 */
export async function makeModel(shape: Shape): Promise<BenchModel> {
  const directory = join(OUT, shape);
  await mkdir(join(directory, "onnx"), { recursive: true });
  const model: BenchModel = {
    shape,
    f32: join(OUT, `${shape}.f32.safetensors`),
    int8: join(OUT, `${shape}.int8.safetensors`),
    directory,
    onnxF32: join(directory, "onnx", "model.onnx"),
    onnxInt8: join(directory, "onnx", "model_quantized.onnx"),
  };
  await writeCheckpoint(directory, shape);
  await convertDirectory(directory, model.f32, { dtype: "f32" });
  await convertDirectory(directory, model.int8, { dtype: "int8" });
  await exportOnnx(model.f32, model.onnxF32);
  await exportOnnx(model.f32, model.onnxInt8, { dtype: "int8" });
  await writeFile(join(directory, "tokenizer.json"), JSON.stringify(await tokenizerJson()));
  return model;
}

async function writeCheckpoint(directory: string, shape: Shape): Promise<void> {
  const config = {
    vocab_size: VOCABULARY_SIZE,
    ...SHAPES[shape],
    num_hidden_layers: 12,
    hidden_act: "gelu" as const,
    max_position_embeddings: 512,
    type_vocab_size: 2,
    layer_norm_eps: 1e-12,
  };
  const json = {
    ...config,
    model_type: "electra",
    architectures: ["ElectraForTokenClassification"],
    id2label: Object.fromEntries(LABELS.entries()),
    label2id: Object.fromEntries(LABELS.map((label, i) => [label, i])),
  };
  const settings = {
    tokenizer_class: "ElectraTokenizer",
    characters: true,
    do_lower_case: true,
    model_max_length: 512,
    pad_token: "[PAD]",
  };
  const normal = normalNumbers(29);
  const parameters = [
    ...encoderParameters(config),
    ...headParameters(config, "token-classification", LABELS.length),
  ];
  const tensors = parameters.map(({ name, shape: dims }) => {
    const values = new Float32Array(dims.reduce((product, size) => product * size, 1));
    if (name.endsWith("LayerNorm.weight")) values.fill(1);
    else if (name.endsWith(".weight")) for (let i = 0; i < values.length; i++) values[i] = normal() * 0.02;
    return { name, dtype: "F32" as const, shape: dims, data: new Uint8Array(values.buffer) };
  });
  await writeFile(join(directory, "config.json"), JSON.stringify(json));
  await writeFile(join(directory, "tokenizer_config.json"), JSON.stringify(settings));
  await writeFile(join(directory, "vocab.txt"), await readFile(VOCABULARY));
  await writeFile(join(directory, "model.safetensors"), [...serializeSafetensors({ format: "pt" }, tensors)]);
}

/** Standard normal numbers (Box and Muller 1958). */
function normalNumbers(seed: number): () => number {
  const uniform = random(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** The tokenizer that takes every character for a token, in the words of Hugging Face's tokenizers. */
async function tokenizerJson() {
  const tokens = (await vocabulary()).map((token, id) => [token, id] as const);
  const id = new Map(tokens);
  const special = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: ["[PAD]", "[UNK]", "[CLS]", "[SEP]"].map((content) => ({
      id: id.get(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: "Lowercase" },
    pre_tokenizer: { type: "Split", pattern: { Regex: "[\\s\\S]" }, behavior: "Isolated", invert: false },
    post_processor: {
      type: "TemplateProcessing",
      single: [special("[CLS]"), { Sequence: { id: "A", type_id: 0 } }, special("[SEP]")],
      pair: [],
      special_tokens: Object.fromEntries(
        ["[CLS]", "[SEP]"].map((token) => [token, { id: token, ids: [id.get(token)], tokens: [token] }]),
      ),
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: false },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(tokens),
    },
  };
}

async function vocabulary(): Promise<readonly string[]> {
  return (await readFile(VOCABULARY, "utf8")).trimEnd().split("\n");
}

/** A text of as many tokens, `[CLS]` and `[SEP]` included, and the ids that it takes. */
export async function sampleText(tokens: number): Promise<{ text: string; ids: number[] }> {
  const all = await vocabulary();
  const characters = all
    .map((token, id) => ({ token, id }))
    .filter(({ token }) => /^\p{Script=Han}$/u.test(token));
  const next = random(tokens);
  const chosen = Array.from(
    { length: tokens - 2 },
    () => characters[Math.floor(next() * characters.length)]!,
  );
  const [cls, sep] = [all.indexOf("[CLS]"), all.indexOf("[SEP]")];
  return {
    text: chosen.map(({ token }) => token).join(""),
    ids: [cls, ...chosen.map(({ id }) => id), sep],
  };
}
