import { Command } from "commander";
import type { CrfTokens, ElectraConfig, Task } from "../model/config.ts";
import { readModelFile } from "../model/load-model.ts";
import type { ModelFile } from "../model/model-file.ts";
import { openSourceOrPath } from "../pipelines/source-node.ts";
import { type LabelScheme, parseScheme } from "../text/labels.ts";
import { parseTokenizerConfig, type TokenizerConfig } from "../text/tokenizer.ts";
import { renderModel } from "./render-model.ts";
import { styleFor, write } from "./terminal.ts";

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
  /** The model file's entry with the vocabulary's size in place of the vocabulary. */
  readonly tokenizer: Omit<TokenizerConfig, "vocab"> & { readonly vocab_size: number };
  readonly license: string | null;
  readonly source: string | null;
  readonly parameters: number;
  readonly tensors: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: readonly number[];
    readonly bytes: number;
  }[];
}

export function inspectCommand(): Command {
  return new Command("inspect")
    .description("show what a model file holds; checks all but the weights' values")
    .argument("<model>", "a model file, or its URL")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  electra-edge inspect waybill-zh.safetensors
  electra-edge inspect waybill-zh.safetensors --json | jq .config`,
    )
    .action(async (path: string, { json }: { json?: boolean }) => {
      const summary = summarize(await readHeader(path));
      await write(
        process.stdout,
        json
          ? `${JSON.stringify(summary, undefined, 2)}\n`
          : renderModel(summary, styleFor(process.stdout, process.env)),
      );
    });
}

/** Reads a model's description and nothing more, however large the file is. */
async function readHeader(source: string): Promise<ModelFile> {
  const reader = await openSourceOrPath(source);
  try {
    return await readModelFile(reader);
  } finally {
    await reader.close();
  }
}

/** @throws {ModelFileError} where the label scheme or the tokenizer is malformed */
export function summarize(model: ModelFile): ModelSummary {
  const { task, config, labels, scheme, crf, tokenizer, license, source } = model.metadata;
  const { vocab, ...rest } = parseTokenizerConfig(tokenizer, model.name);
  const tensors = [...model.tensors.values()].map(({ name, dtype, shape, begin, end }) => ({
    name,
    dtype,
    shape,
    bytes: end - begin,
  }));
  return {
    file: model.name,
    bytes: model.byteLength,
    header_bytes: model.headerBytes,
    task,
    config,
    labels,
    scheme: scheme === undefined ? null : parseScheme(scheme, model.name),
    crf: crf ?? null,
    tokenizer: { ...rest, vocab_size: vocab.length },
    license: license ?? null,
    source: source ?? null,
    parameters: tensors.reduce((sum, { shape }) => sum + shape.reduce((size, n) => size * n, 1), 0),
    tensors,
  };
}
