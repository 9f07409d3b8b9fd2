import { InputError } from "../errors.ts";
import { MemoryReader } from "./file/byte-reader.ts";
import { convertFloats } from "./file/floats.ts";
import { encodeModelMetadata, type ModelMetadata, modelParameters } from "./file/model-file.ts";
import { modelValues } from "./file/model-values.ts";
import { serializeSafetensors, type TensorDescription } from "./file/safetensors-writer.ts";
import { type Storage, scaleName, storedTensors } from "./file/storage.ts";
import { readModelFile } from "./load-model.ts";
import type { Parameter } from "./parameters.ts";
import { quantizeInt8 } from "./quantize-int8.ts";

/** How a whole model is stored; int4 is the converter's alone, since it has to see the model run. */
export type ModelDtype = Exclude<Storage, "int4">;

type Tensor = TensorDescription & { readonly data: Uint8Array };

/**
 * A model file (`docs/format.md`) from weights in memory: what `pipeline` loads and `electra-edge` runs.
 *
 * @param weights by Hugging Face's tensor names, row-major; more than the model has is fine
 * @param dtype f32 keeps every bit, f16 halves the file; int8 makes it a quarter and leaves small tensors in f32
 * @throws {InputError} `bad-option` for a tensor that is missing or of another size, or a value that `dtype` can't hold
 */
export function serializeModel(
  metadata: Omit<ModelMetadata, "quantization_error">,
  weights: ReadonlyMap<string, Float32Array>,
  dtype: ModelDtype = "f32",
): Uint8Array<ArrayBuffer> {
  const { config, task, labels, crf, gru } = metadata;
  const errors: Record<string, number> = {};
  const tensors = modelParameters(config, task, labels.length, crf !== undefined, gru).flatMap(
    (parameter) => {
      const values = valuesOf(parameter, weights);
      const int8 = dtype === "int8" && parameter.quantizable;
      return int8 ? asInt8(parameter, values, errors) : [asFloats(parameter, values, dtype)];
    },
  );
  const strings = encodeModelMetadata({
    ...metadata,
    quantization_error: dtype === "int8" ? errors : undefined,
  });
  return join([...serializeSafetensors(strings, tensors)]);
}

function valuesOf({ name, shape }: Parameter, weights: ReadonlyMap<string, Float32Array>): Float32Array {
  const values = weights.get(name);
  const size = shape.reduce((product, side) => product * side, 1);
  if (values?.length === size) return values;
  const detail = values === undefined ? "is missing" : `must have ${size} values, not ${values.length}`;
  throw new InputError("bad-option", `tensor "${name}" ${detail}`);
}

function asFloats(parameter: Parameter, values: Float32Array, dtype: ModelDtype): Tensor {
  const [description] = storedTensors(parameter, dtype === "f16" ? "f16" : "f32") as [TensorDescription];
  const bytes = Uint8Array.from(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  const data = convertFloats(bytes, "F32", dtype === "f16" ? "F16" : "F32", (value) =>
    doesNotFit(parameter, value, "f16"),
  );
  return { ...description, data };
}

function asInt8(parameter: Parameter, values: Float32Array, errors: Record<string, number>): Tensor[] {
  const stranger = values.find((value) => !Number.isFinite(value));
  if (stranger !== undefined) doesNotFit(parameter, stranger, "int8");
  const matrix = quantizeInt8(values, parameter.shape[1]!);
  errors[parameter.name] = Number(matrix.relativeError.toPrecision(4));
  const data = { [parameter.name]: matrix.values, [scaleName(parameter.name)]: asBytes(matrix.scales) };
  return storedTensors(parameter, "int8").map((tensor) => ({ ...tensor, data: data[tensor.name]! }));
}

function doesNotFit({ name }: Parameter, value: number, dtype: ModelDtype): never {
  throw new InputError("bad-option", `tensor "${name}" has the value ${value}, which ${dtype} can't hold`);
}

/** A model out of its file, to train on. */
export interface DeserializedModel {
  readonly metadata: ModelMetadata;
  /** By Hugging Face's tensor names; what is quantized as the numbers that it stands for. */
  readonly weights: Map<string, Float32Array>;
}

/**
 * The metadata and weights of a model file that is in memory.
 *
 * @param source names the file in errors
 * @throws {ModelFileError} with a code for each broken rule
 */
export async function deserializeModel(bytes: Uint8Array, source: string): Promise<DeserializedModel> {
  const file = await readModelFile(new MemoryReader(bytes, source));
  const weights = new Map<string, Float32Array>();
  for (const [name, parameter] of file.parameters) {
    const values = modelValues(file, parameter, (tensor) => {
      const { begin, end } = file.tensors.get(tensor)!;
      return Uint8Array.from(bytes.subarray(begin, end));
    });
    weights.set(name, values);
  }
  return { metadata: file.metadata, weights };
}

function asBytes({ buffer, byteOffset, byteLength }: Float32Array<ArrayBuffer>): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
