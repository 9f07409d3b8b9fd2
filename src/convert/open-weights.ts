import type { Checkpoint } from "./checkpoint.ts";
import { holdsCheckpoint, openCheckpoint } from "./checkpoint.ts";
import { refuseForeignWeights } from "./foreign-weights.ts";
import type { HuggingFaceModel } from "./hugging-face/config.ts";

/**
 * Opens a directory's weights: those of safetensors and PyTorch, and where there are none an ONNX graph's.
 *
 * @throws {ConvertError | ModelFileError} naming the file, and the tensor or layer where one is at fault
 */
export async function openWeights(directory: string, model: HuggingFaceModel): Promise<Checkpoint> {
  if (await holdsCheckpoint(directory)) return openCheckpoint(directory);
  // Only now: protobuf takes a while to load.
  const { findOnnx, openOnnx } = await import("./onnx/reader.ts");
  const graph = await findOnnx(directory);
  if (graph !== undefined) return openOnnx(graph, model);
  await refuseForeignWeights(directory);
  return openCheckpoint(directory);
}
