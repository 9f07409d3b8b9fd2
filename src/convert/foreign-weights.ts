import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ConvertError } from "../errors.ts";

/** Weights of other libraries, by their files' names, and the way to ones that are read here. */
const FOREIGN: readonly (readonly [name: RegExp, what: string, way: string])[] = [
  [/^tf_model\.h5$/, "TensorFlow weights", fromPretrained("from_tf=True", "tensorflow")],
  [/^flax_model\.msgpack$/, "Flax weights", fromPretrained("from_flax=True", "flax")],
  [/\.ckpt(-\d+)?(\.index|\.meta|\.data-\d+-of-\d+)?$/, "a TensorFlow checkpoint", fromOriginal()],
  [
    /^saved_model\.pb$/,
    "a TensorFlow SavedModel",
    "export the model that it was made from to ONNX or safetensors",
  ],
];

/**
 * @throws {ConvertError} `unsupported` where a directory holds weights of a kind that isn't read, with the way round
 */
export async function refuseForeignWeights(directory: string): Promise<void> {
  for (const name of (await readdir(directory).catch(() => [])).sort()) {
    refuseForeignFile(directory, name);
  }
}

/** @throws {ConvertError} as {@link refuseForeignWeights} */
export function refuseForeignFile(directory: string, name: string): void {
  const [, what, way] = FOREIGN.find(([pattern]) => pattern.test(name)) ?? [];
  if (what !== undefined) throw new ConvertError("unsupported", join(directory, name), `${what}; ${way}`);
}

function fromPretrained(option: string, library: string): string {
  return (
    `to have them as safetensors, with transformers 4 and ${library}: ` +
    `AutoModel.from_pretrained(folder, ${option}).save_pretrained(other), with the class that config.json names`
  );
}

function fromOriginal(): string {
  return (
    "to have it as a Hugging Face directory, with transformers 4 and tensorflow: " +
    "python -m transformers.models.electra.convert_electra_original_tf_checkpoint_to_pytorch"
  );
}
