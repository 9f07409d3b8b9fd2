import type { CrfTokens, ElectraConfig, GruConfig, Task } from "../../src/model/config.ts";
import { MemoryReader } from "../../src/model/file/byte-reader.ts";
import { classifierTensor, modelParameters } from "../../src/model/file/model-file.ts";
import { serializeSafetensors } from "../../src/model/file/safetensors-writer.ts";
import { loadModel } from "../../src/model/load-model.ts";
import { tokenizerOver } from "../../src/text/build-vocab.ts";
import type { TokenizerConfig } from "../../src/text/tokenizer.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import { random } from "../random.ts";

export interface RandomModelOptions {
  /** Default token classification. */
  readonly task?: Task;
  readonly config?: Partial<ElectraConfig>;
  readonly labels?: readonly string[];
  readonly crf?: { readonly tokens: CrfTokens } | undefined;
  readonly gru?: GruConfig;
  readonly tokenizer?: Partial<TokenizerConfig>;
  readonly metadata?: Record<string, string>;
}

const SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];

/** A vocabulary of pieces. */
export const WORDPIECES = [...SPECIAL_TOKENS, "un", "##aff", "##able", "a", "tree", "##s", "王", "五"];

/** The bytes of a model file with random weights: small, ragged, and large enough in value to show a forgotten term. */
export function randomModel(options: RandomModelOptions = {}): Uint8Array<ArrayBuffer> {
  const vocab = options.tokenizer?.vocab ?? [...SPECIAL_TOKENS, ..."abcdefghijklmnopqrstuvwxyz 张三李四省市"];
  const config: ElectraConfig = {
    vocab_size: vocab.length,
    embedding_size: 12,
    hidden_size: 20,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 28,
    hidden_act: "gelu",
    max_position_embeddings: 40,
    type_vocab_size: 2,
    layer_norm_eps: 1e-12,
    ...options.config,
  };
  const task = options.task ?? "token-classification";
  const labels = options.labels ?? (classifierTensor(task) ? ["O", "B-P", "I-P", "B-T", "I-T"] : []);
  const ownCrf = task === "token-classification" ? { tokens: "characters" } : undefined;
  const crf = "crf" in options ? options.crf : ownCrf;
  const parameters = modelParameters(config, task, labels.length, crf !== undefined, options.gru);
  const next = random(20);
  const tensors = parameters.map(({ name, shape }) => {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let i = 0; i < values.length; i++) values[i] = (next() - 0.5) * 1.2;
    return { name, dtype: "F32" as const, shape, data: new Uint8Array(values.buffer) };
  });
  const tokenizer: TokenizerConfig = {
    ...tokenizerOver(vocab, "characters", true),
    mask_token: null,
    ...options.tokenizer,
  };
  const metadata = {
    format: "pt",
    electra_edge: "1",
    task: JSON.stringify(task),
    config: JSON.stringify(config),
    tokenizer: JSON.stringify(tokenizer),
    labels: JSON.stringify(labels),
    scheme: JSON.stringify({ notation: "BIO", typeFirst: false }),
    ...(crf === undefined ? {} : { crf: JSON.stringify(crf) }),
    ...(options.gru === undefined ? {} : { gru: JSON.stringify(options.gru) }),
    ...options.metadata,
  };
  return new Uint8Array(Buffer.concat([...serializeSafetensors(metadata, tensors)]));
}

/** A random model, loaded. */
export async function loadRandomModel(options?: RandomModelOptions) {
  return loadModel(
    await kernelModule("simd"),
    new MemoryReader(randomModel(options), "random model"),
    "token-classification",
  );
}
