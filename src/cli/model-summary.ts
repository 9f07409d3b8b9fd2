import { ModelFileError } from "../errors.ts";
import type { CrfTokens, ElectraConfig, GruConfig, Task } from "../model/config.ts";
import { brief } from "../model/file/json.ts";
import type { ModelFile } from "../model/file/model-file.ts";
import { isQuantized, type Storage } from "../model/file/storage.ts";
import { type LabelScheme, parseScheme } from "../text/labels.ts";
import { parseTokenizerConfig, type TokenizerConfig } from "../text/tokenizer.ts";

/** What `inspect --json` prints. */
export interface ModelSummary {
  readonly file: string;
  readonly bytes: number;
  readonly header_bytes: number;
  readonly task: Task;
  readonly config: ElectraConfig;
  readonly labels: readonly string[];
  readonly scheme: LabelScheme | null;
  readonly crf: { readonly tokens: CrfTokens } | null;
  readonly gru: GruConfig | null;
  /** The model file's entry with the vocabulary's size in place of the vocabulary. */
  readonly tokenizer: Omit<TokenizerConfig, "vocab"> & { readonly vocab_size: number };
  readonly license: string | null;
  readonly source: string | null;
  /** The model's own numbers, without the scales that quantization adds. */
  readonly parameters: number;
  /** How the parameters are stored, the one with the most of them first. */
  readonly storage: readonly Storage[];
  readonly tensors: readonly TensorSummary[];
}

export interface TensorSummary {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** ‖quantized − original‖ / ‖original‖ as the converter found it; null for all that is not quantized. */
  readonly relative_error: number | null;
}

/** @throws {ModelFileError} where the label scheme, the tokenizer or the quantization's errors are malformed */
export function summarize(model: ModelFile): ModelSummary {
  const { task, config, labels, scheme, crf, gru, tokenizer, license, source } = model.metadata;
  const { vocab, ...rest } = parseTokenizerConfig(tokenizer, model.name);
  const errors = parseQuantizationErrors(model);
  const counts = new Map<Storage, number>();
  for (const { shape, storage } of model.parameters.values()) {
    counts.set(storage, (counts.get(storage) ?? 0) + shape.reduce((size, n) => size * n, 1));
  }
  return {
    file: model.name,
    bytes: model.byteLength,
    header_bytes: model.headerBytes,
    task,
    config,
    labels,
    scheme: scheme === undefined ? null : parseScheme(scheme, model.name),
    crf: crf ?? null,
    gru: gru ?? null,
    tokenizer: { ...rest, vocab_size: vocab.length },
    license: license ?? null,
    source: source ?? null,
    parameters: [...counts.values()].reduce((sum, count) => sum + count),
    storage: [...counts].sort(([, a], [, b]) => b - a).map(([storage]) => storage),
    tensors: [...model.tensors.values()].map(({ name, dtype, shape, begin, end }) => ({
      name,
      dtype,
      shape,
      bytes: end - begin,
      relative_error: errors.get(name) ?? null,
    })),
  };
}

/** By the name of the quantized parameter; empty where the file does not say. */
function parseQuantizationErrors({ metadata, name, parameters }: ModelFile): ReadonlyMap<string, number> {
  const json = metadata.quantization_error ?? {};
  const fail = (detail: string): never => {
    throw new ModelFileError("metadata-malformed", name, `metadata "quantization_error" ${detail}`);
  };
  if (typeof json !== "object" || Array.isArray(json)) return fail("must be an object of numbers");
  const errors = new Map<string, number>();
  for (const [tensor, error] of Object.entries(json)) {
    const parameter = parameters.get(tensor);
    if (parameter === undefined || !isQuantized(parameter.storage)) {
      fail(`names ${brief(tensor)}, which is no quantized tensor of this file`);
    }
    if (typeof error !== "number" || error < 0) {
      fail(`must give ${brief(tensor)} a number of 0 or more, not ${brief(error)}`);
    }
    errors.set(tensor, error as number);
  }
  return errors;
}
