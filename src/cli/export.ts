import { existsSync } from "node:fs";
import { Command, Option } from "commander";
import { exportHuggingFace } from "../convert/hugging-face/export.ts";
import { formatBytes, formatSeconds } from "../report/numbers.ts";
import { write } from "./terminal.ts";

interface ExportOptions {
  readonly format: "onnx" | "huggingface";
  readonly output: string;
  readonly dtype?: "fp32" | "int8";
  readonly force?: boolean;
}

export function exportCommand(): Command {
  return new Command("export")
    .description("write a model in another form, for other runtimes, or to go on with it in PyTorch")
    .argument("<model>", "a model file")
    .addOption(
      new Option("--format <name>", "the form to write: an ONNX file, or a directory that transformers loads")
        .choices(["onnx", "huggingface"])
        .default("onnx"),
    )
    .requiredOption("-o, --output <path>", "the file or directory to write")
    .addOption(
      new Option(
        "--dtype <name>",
        "how an ONNX file computes: int8 quantizes the weights now, the activations at each run (default: fp32)",
      ).choices(["fp32", "int8"]),
    )
    .option("--force", "overwrite the output")
    .addHelpText(
      "after",
      `
Examples:
  electra-edge export waybill-zh.safetensors --format onnx -o waybill-zh.onnx
  electra-edge export waybill-zh.safetensors --format onnx --dtype int8 -o onnx/model_quantized.onnx
  electra-edge export waybill-zh.safetensors --format huggingface -o waybill-zh`,
    )
    .action(exportModel);
}

async function exportModel(modelFile: string, options: ExportOptions): Promise<void> {
  const { format, output, dtype, force = false } = options;
  if (!force && existsSync(output)) throw new Error(`${output}: exists already; --force overwrites it`);
  if (format === "huggingface" && dtype !== undefined) {
    throw new Error(
      "--dtype is for --format onnx; a directory has the weights as the model file stores them",
    );
  }
  const started = performance.now();
  const { model, byteLength, crfPlace } =
    format === "onnx"
      ? await toOnnx(modelFile, output, dtype)
      : await toHuggingFace(modelFile, output, force);
  const { task, crf } = model.metadata;
  const seconds = (performance.now() - started) / 1000;
  const computing = format === "onnx" ? ` in ${dtype ?? "fp32"}` : "";
  await write(
    process.stdout,
    `wrote ${output}: ${task}${computing}${crf === undefined ? "" : `, ${crfPlace}`}, ` +
      `${formatBytes(byteLength)}, ${formatSeconds(seconds)}\n`,
  );
}

async function toOnnx(modelFile: string, output: string, dtype: ExportOptions["dtype"] = "fp32") {
  // The other commands need not wait for protobuf to load.
  const { exportOnnx } = await import("../convert/onnx/export.ts");
  return { ...(await exportOnnx(modelFile, output, { dtype })), crfPlace: "the CRF beside the graph" };
}

async function toHuggingFace(modelFile: string, output: string, overwrite: boolean) {
  const written = await exportHuggingFace(modelFile, output, { overwrite });
  return { ...written, crfPlace: "the CRF as tensors that transformers passes over" };
}
