import { existsSync } from "node:fs";
import { Command, Option } from "commander";
import { convertDirectory } from "../convert/index.ts";
import { CRF_TOKENS, type CrfTokens } from "../model/config.ts";
import { summarize } from "./inspect.ts";
import { formatBytes, formatCount, formatNumberOf, formatSeconds } from "./numbers.ts";
import { startProgress } from "./progress.ts";
import { write } from "./terminal.ts";

interface ConvertCommandOptions {
  readonly output: string;
  readonly dtype?: "f32" | "f16";
  readonly crfTokens?: CrfTokens;
  readonly license?: string;
  readonly source?: string;
  readonly force?: boolean;
}

export function convertCommand(): Command {
  return new Command("convert")
    .description("turn a Hugging Face checkpoint into one model file")
    .argument("<directory>", "holds config.json, the vocabulary and the weights")
    .requiredOption("-o, --output <file>", "the model file to write")
    .addOption(
      new Option("--dtype <name>", "how to store the weights (default: as the checkpoint does)").choices([
        "f32",
        "f16",
      ]),
    )
    .addOption(
      new Option(
        "--crf-tokens <which>",
        "which tokens the CRF runs over (default: as the tokenizer suggests)",
      ).choices(CRF_TOKENS),
    )
    .option("--license <name>", "the weights' licence, to state in the file")
    .option("--source <text>", "where the weights come from, to state in the file")
    .option("--force", "overwrite the output")
    .addHelpText(
      "after",
      `
Examples:
  electra-edge convert electra-small-ner -o ner.safetensors
  electra-edge convert waybill-checkpoint -o waybill-zh.safetensors --dtype f16 --crf-tokens characters`,
    )
    .action(convert);
}

async function convert(directory: string, options: ConvertCommandOptions): Promise<void> {
  const { output, force, ...convertOptions } = options;
  if (!force && existsSync(output)) throw new Error(`${output}: exists already; --force overwrites it`);
  const started = performance.now();
  let converted = 0;
  const progress = startProgress("tensors", process.stderr);
  try {
    const model = await convertDirectory(directory, output, {
      ...convertOptions,
      onProgress: (bytes, total) => progress.update(++converted, bytes / total),
    });
    const { task, parameters, tensors, bytes } = summarize(model);
    const dtypes = new Set(tensors.map(({ dtype }) => dtype.toLowerCase()));
    const seconds = (performance.now() - started) / 1000;
    progress.stop();
    await write(
      process.stdout,
      `wrote ${output}: ${task}, ${formatNumberOf(tensors.length, "tensor")}, ${formatCount(parameters)} parameters ` +
        `in ${[...dtypes].join(" and ")}, ${formatBytes(bytes)}, ${formatSeconds(seconds)}\n`,
    );
  } finally {
    progress.stop();
  }
}
