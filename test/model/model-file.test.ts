import assert from "node:assert/strict";
import { test } from "node:test";
import {
  encodeModelMetadata,
  type ModelMetadata,
  modelParameters,
  parseModelFile,
} from "../../src/model/file/model-file.ts";
import type { Dtype } from "../../src/model/file/safetensors.ts";
import { serializeSafetensors } from "../../src/model/file/safetensors-writer.ts";
import { failure, readSafetensors } from "../convert/directories.ts";

const METADATA: ModelMetadata = {
  task: "token-classification",
  config: {
    vocab_size: 5,
    embedding_size: 2,
    hidden_size: 4,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 6,
    hidden_act: "gelu",
    max_position_embeddings: 3,
    type_vocab_size: 2,
    layer_norm_eps: 1e-12,
  },
  tokenizer: { type: "characters" },
  labels: ["O", "B-X", "I-X"],
  scheme: { notation: "BIO", typeFirst: false },
  crf: { tokens: "characters" },
  quantization_error: undefined,
  license: "Apache-2.0",
  source: "made up",
};

interface Changes {
  readonly metadata?: Partial<ModelMetadata>;
  /** Over what the metadata encodes to; undefined takes an entry away. */
  readonly strings?: Readonly<Record<string, string | undefined>>;
  /** Shapes over the model's own; undefined takes a tensor away. */
  readonly tensors?: Readonly<Record<string, readonly number[] | undefined>>;
  readonly dtype?: Dtype;
}

function parse({ metadata: changed, strings, tensors, dtype = "F32" }: Changes = {}) {
  const metadata = { ...METADATA, ...changed };
  const { config, task, labels, crf } = { ...METADATA, ...changed };
  const shapes = new Map<string, readonly number[]>();
  for (const { name, shape } of modelParameters(config, task, labels.length, crf !== undefined))
    shapes.set(name, shape);
  for (const [name, shape] of Object.entries(tensors ?? {})) {
    if (shape === undefined) shapes.delete(name);
    else shapes.set(name, shape);
  }
  const all = Object.entries({ ...encodeModelMetadata(metadata), ...strings }).filter(
    ([, text]) => text !== undefined,
  );
  const file = serializeSafetensors(
    Object.fromEntries(all) as Record<string, string>,
    [...shapes].map(([name, shape]) => {
      const size = { F32: 4, F16: 2 }[dtype as string] ?? 8;
      return { name, dtype, shape, data: new Uint8Array(shape.reduce((bytes, n) => bytes * n, size)) };
    }),
  );
  return parseModelFile(readSafetensors(Buffer.concat([...file])), "m.safetensors");
}

const refuses = (changes: Changes, code: string, ...parts: string[]) =>
  assert.throws(() => parse(changes), failure(code, "m.safetensors", ...parts));

test("what is encoded comes back", () => {
  const file = parse();
  assert.deepEqual(file.metadata, METADATA);
  assert.equal(file.name, "m.safetensors");
  assert.equal(file.tensors.size, 28);
  assert.deepEqual(parse({ dtype: "F16" }).metadata, METADATA);
});

test("every task has its own tensors, labels only where it tells some apart", () => {
  const bare = { labels: [], scheme: undefined, crf: undefined };
  assert.equal(
    parse({ metadata: { task: "text-classification", scheme: undefined, crf: undefined } }).tensors.size,
    27,
  );
  for (const [task, head] of [
    ["question-answering", 2],
    ["fill-mask", 6],
    ["replaced-token-detection", 4],
    ["feature-extraction", 0],
  ] as const) {
    assert.equal(parse({ metadata: { ...bare, task } }).tensors.size, 23 + head, task);
  }
  refuses({ metadata: { ...bare, task: "fill-mask", labels: ["O"] } }, "labels-mismatch", "fill-mask");
});

test("the generator's output matrix may be absent, its bias may not", () => {
  const metadata: Partial<ModelMetadata> = {
    task: "fill-mask",
    labels: [],
    scheme: undefined,
    crf: undefined,
  };
  assert.equal(parse({ metadata, tensors: { "generator_lm_head.weight": undefined } }).tensors.size, 28);
  refuses(
    { metadata, tensors: { "generator_lm_head.bias": undefined } },
    "tensor-missing",
    "generator_lm_head.bias [5]",
  );
});

test("a safetensors file that is no model of ours, or of another version", () => {
  refuses({ strings: { electra_edge: undefined } }, "not-a-model", "electra_edge", "convert");
  refuses({ strings: { electra_edge: "2" } }, "unsupported-version", '"2"', '"1"');
  refuses({ strings: { format: "np" } }, "metadata-malformed", '"pt"', '"np"');
});

test("metadata that is missing or malformed", () => {
  for (const key of ["task", "config", "tokenizer", "labels", "scheme"]) {
    refuses({ strings: { [key]: undefined } }, "metadata-malformed", `"${key}"`);
    refuses({ strings: { [key]: "{" } }, "metadata-malformed", `"${key}"`, "JSON");
  }
  refuses(
    { strings: { task: '"summarization"' } },
    "metadata-malformed",
    "token-classification",
    "summarization",
  );
  refuses({ strings: { task: "token-classification" } }, "metadata-malformed", "JSON");
  refuses({ strings: { task: '{"toString":1}' } }, "metadata-malformed", "toString");
  refuses({ strings: { crf: '{"tokens":"some"}' } }, "metadata-malformed", "first-piece");
  refuses({ strings: { crf: "null" } }, "metadata-malformed", "crf");
  refuses({ strings: { license: "1" } }, "metadata-malformed", "license");
  refuses({ strings: { config: '{"vocab_size":5,"vocab_size":6}' } }, "duplicate-key", "vocab_size");
  refuses({ strings: { config: "[]" } }, "config-malformed");
  refuses(
    { strings: { config: JSON.stringify({ ...METADATA.config, hidden_size: 2 ** 53 }) } },
    "config-malformed",
  );
  refuses(
    { strings: { config: `{"hidden_size":${"[".repeat(1e5)}${"]".repeat(1e5)}}` } },
    "metadata-malformed",
    "deep",
  );
  refuses({ metadata: { task: "text-classification" } }, "metadata-malformed", "crf");
});

test("label lists that don't fit", () => {
  refuses(
    { strings: { labels: '["O","B-X"]' } },
    "labels-mismatch",
    "2 labels",
    "3 rows",
    "classifier.weight",
  );
  refuses({ strings: { labels: '["O","B-X","I-X","B-Y"]' } }, "labels-mismatch", "4 labels");
  refuses({ strings: { labels: '["O","B-X","B-X"]' } }, "labels-mismatch", "B-X");
  refuses({ strings: { labels: '["O","B-X",5]' } }, "labels-mismatch", "strings", "2");
  refuses({ strings: { labels: '{"0":"O"}' } }, "labels-mismatch", "list");
  refuses({ strings: { labels: "[]" } }, "labels-mismatch", "empty");
  const sequence: Changes = { metadata: { task: "text-classification", scheme: undefined, crf: undefined } };
  refuses({ ...sequence, strings: { labels: '["a"]' } }, "labels-mismatch", "classifier.out_proj.weight");
});

test("tensors that are missing, misshaped or surplus are all named, with what was expected", () => {
  refuses({ tensors: { "classifier.bias": undefined } }, "tensor-missing", "classifier.bias [3]");
  refuses({ tensors: { "crf.transitions": [3, 4] } }, "tensor-shape", "crf.transitions [3,3]", "[3,4]");
  refuses({ tensors: { "classifier.bias": [3, 1] } }, "tensor-shape", "classifier.bias [3]", "[3,1]");
  refuses({ tensors: { extra: [7] } }, "tensor-surplus", "extra [7]");
  refuses(
    { metadata: { crf: undefined }, tensors: { "crf.transitions": [3, 3] } },
    "tensor-surplus",
    "crf.transitions",
  );
  const several = { "classifier.bias": undefined, "crf.transitions": [1], extra: [7] };
  refuses(
    { tensors: several },
    "tensor-missing",
    "classifier.bias [3]",
    "crf.transitions [3,3]",
    "extra [7]",
  );
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`extra${i}`, [1]]));
  refuses({ tensors: many }, "tensor-surplus", "20 tensors", "and 14 more");
});

test("tensors of a type that a model can't have", () => {
  refuses({ dtype: "F64" }, "unknown-dtype", "F32, F16, I8 or U8 (int4)", "F64");
});
