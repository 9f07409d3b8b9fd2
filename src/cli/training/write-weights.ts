import { writeModel } from "../../convert/write-model.ts";
import { type ModelMetadata, modelParameters, OPTIONAL_TENSORS } from "../../model/file/model-file.ts";
import type { Storage } from "../../model/file/storage.ts";
import type { State } from "./run-folder.ts";

/**
 * Writes what was trained as a model file.
 *
 * @param weights by the checkpoint's names, all that the task needs; a model's optional tensors may be missing
 * @throws {ConvertError} as `writeModel` does
 */
export async function writeWeights(
  output: string,
  metadata: ModelMetadata,
  weights: State,
  dtype: Storage,
): Promise<void> {
  const { config, task, labels, crf, gru } = metadata;
  const parameters = modelParameters(config, task, labels.length, crf !== undefined, gru);
  const source = parameters
    .filter(({ name }) => weights.has(name) || !OPTIONAL_TENSORS.has(name))
    .map((parameter) => {
      const values = weights.get(parameter.name)!;
      const tensor = {
        file: output,
        dtype: "F32" as const,
        shape: parameter.shape,
        read: async () =>
          Uint8Array.from(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
      };
      return { parameter, tensor };
    });
  await writeModel(output, metadata, source, dtype, undefined);
}
