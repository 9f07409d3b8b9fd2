import type { ElectraConfig, GruConfig } from "../model/config.ts";
import type { ModelMetadata } from "../model/file/model-file.ts";
import { detectScheme } from "../text/labels.ts";
import type { TokenizerConfig } from "../text/tokenizer.ts";
import type { Head } from "./electra-trainee.ts";
import { crfTokensOf, type TextExample } from "./examples.ts";

/** What a model is made of beside its weights. */
export interface TrainedModel {
  readonly head: Head;
  readonly config: ElectraConfig;
  readonly gru?: GruConfig | undefined;
  readonly tokenizer: TokenizerConfig;
  /** Index = the label's number in the examples. */
  readonly labels: readonly string[];
  /** What it learns from: whether words have several tokens decides which of them a CRF runs over. */
  readonly examples: readonly TextExample[];
  /** The model's licence, such as "Apache-2.0". */
  readonly license?: string | undefined;
  /** Where the model comes from, in words. */
  readonly source?: string | undefined;
}

/** What the file of a trained model says beside its tensors, for `serializeModel`. */
export function modelMetadata(model: TrainedModel): ModelMetadata {
  const { head, config, gru, tokenizer, labels, examples, license, source } = model;
  return {
    task: head === "sequence" ? "text-classification" : "token-classification",
    config,
    gru,
    tokenizer,
    labels,
    scheme: head === "sequence" ? undefined : detectScheme(labels),
    crf: head === "crf" ? { tokens: crfTokensOf(examples) } : undefined,
    quantization_error: undefined,
    license,
    source,
  };
}
