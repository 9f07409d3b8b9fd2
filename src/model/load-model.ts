import { InputError, ModelFileError } from "../errors.ts";
import { Machine } from "../wasm/machine.ts";
import type { ByteReader } from "./byte-reader.ts";
import { layOutModel } from "./lay-out.ts";
import { type ModelFile, parseModelFile } from "./model-file.ts";
import { checkByteLength, parseHeader, readHeaderLength } from "./safetensors.ts";
import type { TokenClassifier } from "./token-classifier.ts";
import type { Weights } from "./weights.ts";

/** How far loading has come, in bytes of the file. */
export interface LoadProgress {
  readonly loaded: number;
  readonly total: number;
}

export interface LoadOptions {
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** How many threads will share the work. For more than one the kernels must be a module for shared memory. */
  readonly threads?: number;
}

/** Progress is told after this part of the file, and at its end. */
const PROGRESS_STEP = 1 / 100;

/** Reads and checks a model file's header; nothing of the model is allocated yet. */
export async function readModelFile(reader: ByteReader): Promise<ModelFile> {
  const { name, byteLength } = reader;
  const headerBytes = readHeaderLength(await reader.read(8), name);
  const json = await reader.read(headerBytes);
  if (json.byteLength < headerBytes) {
    const detail = `ends inside its header, which takes ${headerBytes} bytes`;
    throw new ModelFileError("truncated", name, detail);
  }
  const header = parseHeader(json, name);
  if (byteLength !== undefined) checkByteLength(header, byteLength, name);
  return parseModelFile(header, name);
}

/**
 * Loads a token classifier: header first, all of it validated, then the memory grown once, then each tensor put in its
 * place as it is read. The file is never held whole.
 */
export async function loadTokenClassifier(
  module: WebAssembly.Module,
  reader: ByteReader,
  { onProgress, threads = 1 }: LoadOptions = {},
): Promise<{ file: ModelFile; model: TokenClassifier }> {
  const file = await readModelFile(reader);
  if (file.metadata.task !== "token-classification") {
    throw new InputError(
      "bad-option",
      `${file.name} is a model for ${file.metadata.task}, not for token-classification`,
    );
  }
  const machine = threads === 1 ? await Machine.create(module) : await sharedMachine(module, file, threads);
  const { model, weights } = layOutModel(machine, file, threads);
  machine.commit();
  await readTensors(reader, file, weights, onProgress);
  model.crf?.packTransitions();
  return { file, model };
}

/** A shared memory takes its maximum at once, so it is made just as large as laying out the model once says. */
async function sharedMachine(module: WebAssembly.Module, file: ModelFile, threads: number): Promise<Machine> {
  const trial = await Machine.create(module, Machine.sharedMemory(1));
  layOutModel(trial, file, threads);
  return Machine.create(module, Machine.sharedMemory(trial.reservedPages));
}

async function readTensors(
  reader: ByteReader,
  file: ModelFile,
  weights: Weights,
  onProgress: (progress: LoadProgress) => void = () => {},
): Promise<void> {
  const inOrder = [...file.tensors.values()].sort((a, b) => a.begin - b.begin);
  const total = file.byteLength;
  let read = 8 + file.headerBytes;
  let told = read;
  onProgress({ loaded: read, total });
  for (const tensor of inOrder) {
    const step = weights.stepBytes(tensor);
    for (let at = 0, left = tensor.end - tensor.begin; left > 0; at += step, left -= step) {
      const expected = Math.min(step, left);
      const data = await reader.read(expected);
      read += data.byteLength;
      if (data.byteLength < expected) {
        const detail = `the file is cut off: expected ${file.byteLength} bytes, got ${read}`;
        throw new ModelFileError("truncated", file.name, detail, tensor.name);
      }
      weights.load(tensor, at, data);
      if (read < total && read - told < total * PROGRESS_STEP) continue;
      told = read;
      onProgress({ loaded: read, total });
    }
  }
  if ((await reader.read(1)).byteLength > 0) {
    const detail = `bytes follow the last tensor: expected ${file.byteLength} bytes`;
    throw new ModelFileError("trailing-bytes", file.name, detail);
  }
}
