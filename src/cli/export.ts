import { existsSync } from "node:fs";
import { Command, Option } from "commander";
import { formatBytes, formatSeconds } from "../report/numbers.ts";
import { write } from "./terminal.ts";

interface ExportOptions {
  readonly output: string;
  readonly dtype: "fp32" | "int8";
  readonly force?: boolean;
}

export function exportCommand(): Command {
  return new Command("export")
    .description("write a model in another form, for other runtimes")
    .argument("<model>", "a model file")
    .addOption(new Option("--format <name>", "the form to write").choices(["onnx"]).default("onnx"))
    .requiredOption("-o, --output <file>", "the file to write")
    .addOption(
      new Option(
        "--dtype <name>",
        "how it computes: int8 quantizes the weights now, the activations at each run",
      )
        .choices(["fp32", "int8"])
        .default("fp32"),
    )
    .option("--force", "overwrite the output")
    .addHelpText(
      "after",
      `
Examples:
  electra-edge export waybill-zh.safetensors --format onnx -o waybill-zh.onnx
  electra-edge export waybill-zh.safetensors --format onnx --dtype int8 -o onnx/model_quantized.onnx`,
    )
    .action(exportModel);
}

async function exportModel(modelFile: string, { output, dtype, force }: ExportOptions): Promise<void> {
  if (!force && existsSync(output)) throw new Error(`${output}: exists already; --force overwrites it`);
  const started = performance.now();
  // The other commands need not wait for protobuf to load.
  const { exportOnnx } = await import("../convert/onnx.ts");
  const { model, byteLength } = await exportOnnx(modelFile, output, { dtype });
  const { task, crf } = model.metadata;
  const seconds = (performance.now() - started) / 1000;
  await write(
    process.stdout,
    `wrote ${output}: ${task} in ${dtype}${crf === undefined ? "" : ", the CRF beside the graph"}, ` +
      `${formatBytes(byteLength)}, ${formatSeconds(seconds)}\n`,
  );
}
