import { modelValues } from "../model/file/model-values.ts";
import { type StoredParameter, storedTensors } from "../model/file/storage.ts";
import type { OpenModelFile } from "./checkpoint.ts";

/**
 * The numbers that a parameter of a model file stands for, however it is stored.
 *
 * @throws {ModelFileError} `bad-value` where quantized values break a rule
 */
export async function readValues(model: OpenModelFile, parameter: StoredParameter): Promise<Float32Array> {
  const bytes = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { name } of storedTensors(parameter, parameter.storage)) {
    bytes.set(name, await model.tensors.get(name)!.read());
  }
  return modelValues(model.file, parameter, (name) => bytes.get(name)!);
}
