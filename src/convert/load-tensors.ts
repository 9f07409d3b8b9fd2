import type { ModelFile } from "../model/file/model-file.ts";
import type { Weights } from "../model/weights.ts";

/** The bytes of one of a model's tensors, as its file holds or will hold them. */
export type ReadTensor = (name: string) => Promise<Uint8Array>;

/** Puts the tensors of a model that has no file yet into a machine's memory. */
export async function loadTensors(weights: Weights, file: ModelFile, read: ReadTensor): Promise<void> {
  for (const tensor of file.tensors.values()) {
    const data = await read(tensor.name);
    const step = weights.stepBytes(tensor);
    for (let at = 0; at < data.byteLength; at += step) {
      weights.load(tensor, at, data.subarray(at, at + step));
    }
  }
}
