import { InputError, ModelFileError } from "../errors.ts";
import { Machine } from "../wasm/machine.ts";
import type { Task } from "./config.ts";
import type { ByteReader } from "./file/byte-reader.ts";
import { type ModelFile, parseModelFile } from "./file/model-file.ts";
import { checkByteLength, parseHeader, readHeaderLength } from "./file/safetensors.ts";
import type { Head } from "./heads/head.ts";
import { Model } from "./model.ts";
import { Network } from "./network.ts";
import { Weights } from "./weights.ts";

/** How far loading has come, in bytes of the file. */
export interface LoadProgress {
  readonly loaded: number;
  readonly total: number;
}

export interface LoadOptions {
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** How many threads will share the work. For more than one the kernels must be a module for shared memory. */
  readonly threads?: number;
  /** In bytes of WebAssembly's memory. */
  readonly maxMemory?: number | undefined;
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
 * Loads a model: header first, all of it validated, then the memory grown once, then each tensor put in its place as it
 * is read. The file is never held whole.
 *
 * @param task the file's own, or `feature-extraction`, which every file's encoder can do
 * @throws {InputError} `bad-option` where the file is for another task
 * @throws {ModelFileError} `too-large` where it would take more than `maxMemory`, of which nothing is allocated then
 */
export async function loadModel<T extends Task>(
  module: WebAssembly.Module,
  reader: ByteReader,
  task: T,
  { onProgress, threads = 1, maxMemory = Infinity }: LoadOptions = {},
): Promise<Model<T>> {
  const file = await readModelFile(reader);
  const own = file.metadata.task;
  if (task !== own && task !== "feature-extraction") {
    throw new InputError("bad-option", `${file.name} is a model for ${own}, not for ${task}`);
  }
  const check = ({ reservedBytes }: Machine) => {
    if (reservedBytes <= maxMemory) return;
    const detail = `takes ${reservedBytes} bytes of memory, more than maxMemory, ${maxMemory}`;
    throw new ModelFileError("too-large", file.name, detail);
  };
  const machine =
    threads === 1 ? await Machine.create(module) : await sharedMachine(module, file, task, threads, check);
  const weights = new Weights(machine, file);
  const model = new Model(machine, weights, file, task, threads);
  check(machine);
  machine.commit();
  await readTensors(reader, file, weights, onProgress);
  const head: Head = model.head;
  head.prepare?.();
  return model;
}

/** A shared memory takes its maximum at once, so it is made just as large as laying out the model once says. */
async function sharedMachine(
  module: WebAssembly.Module,
  file: ModelFile,
  task: Task,
  threads: number,
  check: (trial: Machine) => void,
): Promise<Machine> {
  const trial = await Machine.create(module, Machine.sharedMemory(1));
  new Network(trial, new Weights(trial, file), file, task, threads);
  check(trial);
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
