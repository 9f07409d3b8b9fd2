import { existsSync, statSync } from "node:fs";
import { Command, Option } from "commander";
import {
  CRF_LAYOUTS,
  type CrfLayout,
  convertDirectory,
  convertModelFile,
  convertOnnx,
  DTYPES,
} from "../convert/index.ts";
import { CRF_TOKENS, type CrfTokens } from "../model/config.ts";
import type { Storage } from "../model/file/storage.ts";
import { formatBytes, formatCount, formatNumberOf, formatSeconds } from "../report/numbers.ts";
import { summarize } from "./model-summary.ts";
import { startProgress } from "./progress.ts";
import { write } from "./terminal.ts";

interface ConvertCommandOptions {
  readonly output: string;
  readonly dtype?: Storage;
  readonly crfTokens?: CrfTokens;
  readonly crfLayout?: CrfLayout;
  readonly license?: string;
  readonly source?: string;
  readonly force?: boolean;
}

export function convertCommand(): Command {
  return new Command("convert")
    .description(
      "turn a Hugging Face checkpoint into one model file, or store a model file's weights as another type",
    )
    .argument(
      "<source>",
      "a directory with config.json, the vocabulary and the weights; an ONNX file beside them; or a model file",
    )
    .requiredOption("-o, --output <file>", "the model file to write")
    .addOption(
      new Option("--dtype <name>", "how to store the weights (default: as the source does)").choices(DTYPES),
    )
    .addOption(
      new Option(
        "--crf-tokens <which>",
        "which tokens the CRF runs over (default: as the tokenizer suggests)",
      ).choices(CRF_TOKENS),
    )
    .addOption(
      new Option(
        "--crf-layout <name>",
        "whose layout the CRF's tensors have (default: as their names tell)",
      ).choices(CRF_LAYOUTS),
    )
    .option("--license <name>", "the weights' licence, to state in the file")
    .option("--source <text>", "where the weights come from, to state in the file")
    .option("--force", "overwrite the output")
    .addHelpText(
      "after",
      `
Examples:
  electra-edge convert electra-small-ner -o ner.safetensors
  electra-edge convert waybill-checkpoint -o waybill-zh.safetensors --dtype f16 --crf-tokens characters
  electra-edge convert electra-small-ner/onnx/model.onnx -o ner.safetensors
  electra-edge convert waybill-zh.safetensors -o waybill-zh.int8.safetensors --dtype int8`,
    )
    .action(convert);
}

function converterOf(source: string): typeof convertDirectory {
  if (!statSync(source, { throwIfNoEntry: false })?.isFile()) return convertDirectory;
  return source.endsWith(".onnx") ? convertOnnx : convertModelFile;
}

async function convert(source: string, options: ConvertCommandOptions): Promise<void> {
  const { output, force, ...convertOptions } = options;
  if (!force && existsSync(output)) throw new Error(`${output}: exists already; --force overwrites it`);
  const started = performance.now();
  let converted = 0;
  const progress = startProgress("tensors", process.stderr);
  try {
    const model = await converterOf(source)(source, output, {
      ...convertOptions,
      onProgress: (bytes, total) => progress.update(++converted, bytes / total),
    });
    const { task, parameters, storage, tensors, bytes } = summarize(model);
    const seconds = (performance.now() - started) / 1000;
    progress.stop();
    await write(
      process.stdout,
      `wrote ${output}: ${task}, ${formatNumberOf(tensors.length, "tensor")}, ${formatCount(parameters)} parameters ` +
        `in ${storage.join(" and ")}, ${formatBytes(bytes)}, ${formatSeconds(seconds)}\n`,
    );
  } finally {
    progress.stop();
  }
}
