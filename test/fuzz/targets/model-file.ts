import { parseModelFile } from "../../../src/model/file/model-file.ts";
import { checkByteLength, parseHeader, readHeaderLength } from "../../../src/model/file/safetensors.ts";
import { parseScheme } from "../../../src/text/labels.ts";
import { parseTokenizer } from "../../../src/text/tokenizer.ts";
import { type RandomModelOptions, randomModel } from "../../model/random-model.ts";
import type { Target } from "../target.ts";

const small = (options: RandomModelOptions) =>
  randomModel({
    ...options,
    config: {
      embedding_size: 2,
      hidden_size: 2,
      num_hidden_layers: 1,
      num_attention_heads: 1,
      intermediate_size: 1,
      max_position_embeddings: 3,
      ...options.config,
    },
    tokenizer: { vocab: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"], ...options.tokenizer },
    ...(options.task === undefined ? { labels: ["O", "B-P"] } : {}),
  });

export const target: Target = {
  parse(bytes) {
    const length = readHeaderLength(bytes, "f");
    const header = parseHeader(bytes.subarray(8, 8 + length), "f");
    checkByteLength(header, bytes.length, "f");
    const { metadata } = parseModelFile(header, "f");
    parseTokenizer(metadata.tokenizer, "f").encode("aB é张");
    if (metadata.scheme !== undefined) parseScheme(metadata.scheme, "f");
  },
  seeds: () => [
    small({}),
    small({ crf: undefined, tokenizer: { type: "wordpiece" } }),
    small({ crf: undefined, gru: { hidden_size: 1, num_layers: 1 }, config: { model_type: "embeddings" } }),
    small({ task: "question-answering", config: { position_embedding_type: "rotary" } }),
  ],
  maxLength: 8192,
  sources: [
    "src/model/file/model-file.ts",
    "src/model/config.ts",
    "src/model/file/tensor-list.ts",
    "src/model/file/storage.ts",
    "src/text/tokenizer-config.ts",
  ],
  dictionary: [
    '\\"hidden_size\\":',
    '\\"model_type\\":\\"roformer\\"',
    '"I8"',
    ".scale",
    '\\"rotary\\"',
    '"gru":',
  ],
};
