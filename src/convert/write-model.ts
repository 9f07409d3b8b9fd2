import { ConvertError } from "../errors.ts";
import { convertFloats, FLOAT_DTYPES, type StorageDtype } from "../model/file/floats.ts";
import {
  encodeModelMetadata,
  type ModelFile,
  type ModelMetadata,
  parseModelFile,
} from "../model/file/model-file.ts";
import { type Dtype, ITEM_SIZE, parseHeader } from "../model/file/safetensors.ts";
import { layoutSafetensors, type TensorDescription } from "../model/file/safetensors-writer.ts";
import {
  groupScaleName,
  LARGEST_FLOAT,
  leastFloat,
  type Storage,
  scaleName,
  storedTensors,
} from "../model/file/storage.ts";
import type { Parameter } from "../model/parameters.ts";
import { quantizeInt8 } from "../model/quantize-int8.ts";
import { writeFileAtomically } from "./atomic-write.ts";
import type { CheckpointTensor } from "./checkpoint-tensor.ts";
import type { InputMoments } from "./input-moments.ts";
import { quantizeInt4 } from "./quantize-int4.ts";

/** A parameter and the checkpoint's tensor that holds its values. */
export interface SourceParameter {
  readonly parameter: Parameter;
  readonly tensor: CheckpointTensor;
  /** Of a matrix that is integers already, and stays so. */
  readonly quantized?: { readonly storage: Storage; readonly scales: ReadonlyMap<string, CheckpointTensor> };
}

/** Called after each tensor with the bytes of tensors done, and those to do in all. */
export type OnProgress = (done: number, total: number, tensor: string) => void;

/**
 * Matrices that an int4 file holds as int8. All that the encoder knows of a token comes through the first two, and no later
 * layer evens their errors out: together they cost more than all layers' matrices. A GRU has few matrices, and no layer
 * after it.
 */
const INT8_AMONG_INT4 = /^(electra\.embeddings\.word_embeddings|electra\.embeddings_project|gru)\./;

/**
 * Writes a model file. Floats are read, rewritten and written one tensor at a time; quantized matrices, a quarter or an
 * eighth of their float32, are held until the header can say what quantization cost. The model is run once in between, in
 * memory that WebAssembly has of its own, so that the header can say what comes of a known input too.
 *
 * @param dtype by default f16 where all of the source is float16, else f32; for int8 and int4 the same holds for what
 *   is not quantized
 * @throws {ConvertError} `checkpoint-malformed` for a tensor that is no float, `unsupported` where a value can't be
 *   stored, `unwritable`
 */
export async function writeModel(
  outFile: string,
  metadata: Omit<ModelMetadata, "quantization_error"> & Partial<ModelMetadata>,
  source: readonly SourceParameter[],
  dtype: Storage | undefined,
  onProgress: OnProgress | undefined,
): Promise<ModelFile> {
  for (const { parameter, tensor, quantized } of source) {
    if (quantized !== undefined || FLOAT_DTYPES.includes(tensor.dtype)) continue;
    const detail = `tensor "${parameter.name}" is ${tensor.dtype}; weights are ${FLOAT_DTYPES.join(", ")}`;
    throw new ConvertError("checkpoint-malformed", tensor.file, detail);
  }
  const floats = dtype === "f32" || dtype === "f16" ? dtype : ownFloats(source);
  const plan = source.map(({ parameter, tensor, quantized }) => {
    const storage = quantized?.storage ?? storageFor(parameter, dtype, floats);
    return { parameter, tensor, quantized, storage, stored: storedTensors(parameter, storage) };
  });
  const descriptions = plan.flatMap(({ stored }) => stored);
  const total = descriptions.reduce((sum, { dtype, shape }) => sum + byteLength(dtype, shape), 0);
  let done = 0;
  const report = (name: string, bytes: number) => {
    done += bytes;
    onProgress?.(done, total, name);
  };

  const held = new Map<string, Uint8Array>();
  const errors: Record<string, number> = {};
  const moments = dtype === "int4" ? await momentsOf(outFile, metadata, source) : undefined;
  for (const { parameter, tensor, quantized, storage, stored } of plan) {
    if (quantized !== undefined || (storage !== "int8" && storage !== "int4")) continue;
    const { name, shape } = parameter;
    const weights = floatsOf(await readFloats(tensor, name, "F32"));
    const matrix =
      storage === "int8"
        ? quantizeInt8(weights, shape[1]!)
        : quantizeInt4(weights, shape[1]!, moments?.get(name));
    held.set(name, matrix.values);
    held.set(scaleName(name), new Uint8Array(matrix.scales.buffer));
    if (matrix.groupScales !== undefined) held.set(groupScaleName(name), matrix.groupScales);
    errors[name] = Number(matrix.relativeError.toPrecision(4));
    report(
      name,
      stored.reduce((sum, { dtype, shape }) => sum + byteLength(dtype, shape), 0),
    );
  }

  const stated = { ...metadata, quantization_error: held.size > 0 ? errors : metadata.quantization_error };
  const tensors = tensorsOf(source);
  const draft = layOut(outFile, encodeModelMetadata(stated), descriptions).file;
  // Only now: who opens a checkpoint in vain has no need of the kernels.
  const { answerModel } = await import("./answer-model.ts");
  const answer = await answerModel(
    draft,
    async (name) => held.get(name) ?? readFloats(tensors.get(name)!, name, draft.tensors.get(name)!.dtype),
  );
  const { prefix, order, file } = layOut(outFile, encodeModelMetadata(stated, answer), descriptions);
  await writeFileAtomically(outFile, chunks(prefix, order, held, tensors, report));
  return file;
}

function layOut(
  outFile: string,
  strings: Readonly<Record<string, string>>,
  tensors: readonly TensorDescription[],
) {
  const layout = layoutSafetensors(strings, tensors);
  return { ...layout, file: parseModelFile(parseHeader(layout.prefix.subarray(8), outFile), outFile) };
}

/** All that the source's parameters are made of, by name. */
function tensorsOf(source: readonly SourceParameter[]): ReadonlyMap<string, CheckpointTensor> {
  return new Map(
    source.flatMap(({ parameter, tensor, quantized }) => [
      [parameter.name, tensor],
      ...(quantized?.scales ?? []),
    ]),
  );
}

/** Runs the model in f32, whatever the source is in, to see what its layers are given. */
async function momentsOf(
  outFile: string,
  metadata: Omit<ModelMetadata, "quantization_error">,
  source: readonly SourceParameter[],
): Promise<ReadonlyMap<string, InputMoments>> {
  const parameters = new Map(source.map((entry) => [entry.parameter.name, entry]));
  const strings = encodeModelMetadata({ ...metadata, quantization_error: undefined });
  const descriptions = source.flatMap(({ parameter }) => storedTensors(parameter, "f32"));
  const { file } = layOut(outFile, strings, descriptions);
  // Only now: all other conversions do without the kernels.
  const { observeInputs } = await import("./observe-inputs.ts");
  const moments = await observeInputs(file, (name) => readFloats(parameters.get(name)!.tensor, name, "F32"));
  for (const [name, of] of moments) {
    if (of.importance().every(Number.isFinite)) continue;
    const detail = `the layer of "${name}" is given NaN or infinity; the model is broken, or beyond float32`;
    throw new ConvertError("unsupported", parameters.get(name)!.tensor.file, detail);
  }
  return moments;
}

/** The floats that the source is in: f16 where all of it is float16, so that nothing is lost, else f32. */
function ownFloats(source: readonly SourceParameter[]): "f32" | "f16" {
  const isFloat16 = ({ tensor, quantized }: SourceParameter) =>
    quantized !== undefined || tensor.dtype === "F16" || tensor.computed;
  return source.every(isFloat16) ? "f16" : "f32";
}

function storageFor(
  { name, quantizable }: Parameter,
  dtype: Storage | undefined,
  floats: "f32" | "f16",
): Storage {
  if (!quantizable || (dtype !== "int8" && dtype !== "int4")) return floats;
  return INT8_AMONG_INT4.test(name) ? "int8" : dtype;
}

async function* chunks(
  prefix: Uint8Array,
  order: readonly TensorDescription[],
  held: ReadonlyMap<string, Uint8Array>,
  tensors: ReadonlyMap<string, CheckpointTensor>,
  report: (name: string, bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  yield prefix;
  for (const { name, dtype } of order) {
    const quantized = held.get(name);
    if (quantized !== undefined) {
      yield quantized;
      continue;
    }
    const data = await readFloats(tensors.get(name)!, name, dtype);
    yield data;
    report(name, data.length);
  }
}

/** @param dtype what it is to be; integers are what they are */
async function readFloats(tensor: CheckpointTensor, name: string, dtype: Dtype): Promise<Uint8Array> {
  const refuse = (detail: string): never => {
    throw new ConvertError("unsupported", tensor.file, detail);
  };
  const overflow = (value: number): never => {
    const detail = `tensor "${name}" has the value ${value}, too large for ${dtype}`;
    return refuse(dtype === "F16" ? `${detail}; convert it with dtype f32` : detail);
  };
  const data = await tensor.read();
  if (!FLOAT_DTYPES.includes(tensor.dtype)) return data;
  const floats = floatsOf(convertFloats(data, tensor.dtype, "F32", overflow));
  const least = leastFloat(name);
  const stranger = floats.find((value) => !(value >= least && value <= LARGEST_FLOAT));
  if (stranger !== undefined) refuse(`tensor "${name}" has the value ${stranger}; weights are finite`);
  if (dtype === "F32") return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
  return convertFloats(data, tensor.dtype, dtype as StorageDtype, overflow);
}

const floatsOf = (data: Uint8Array): Float32Array =>
  new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);

const byteLength = (dtype: Dtype, shape: readonly number[]): number =>
  shape.reduce((bytes, size) => bytes * size, ITEM_SIZE[dtype]);
