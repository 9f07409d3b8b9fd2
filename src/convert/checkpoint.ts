import { basename, join } from "node:path";
import { ConvertError, ModelFileError } from "../errors.ts";
import { type ModelFile, parseModelFile } from "../model/file/model-file.ts";
import {
  checkByteLength,
  parseHeader,
  readHeaderLength,
  type SafetensorsHeader,
} from "../model/file/safetensors.ts";
import { BinaryFile, exists } from "./binary-file.ts";
import type { CheckpointTensor } from "./checkpoint-tensor.ts";
import { type JsonFile, readJsonObject } from "./text-file.ts";
import { readTorchStream } from "./torch/stream.ts";
import { readTorchZip } from "./torch/zip.ts";

/** The tensors of a checkpoint, in one file or many, and the open files that hold them. */
export interface Checkpoint {
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  close(): Promise<void>;
}

/** An open model file, its description checked. */
export interface OpenModelFile extends Checkpoint {
  readonly file: ModelFile;
}

type Reader = (file: BinaryFile) => Promise<Map<string, CheckpointTensor>>;

/** In the order in which Hugging Face's own loader looks for them. */
const FORMS: readonly (readonly [name: string, read: Reader])[] = [
  ["model.safetensors", async (file) => (await readSafetensors(file)).tensors],
  ["pytorch_model.bin", readTorch],
];

const FILES = FORMS.flatMap(([name]) => [name, `${name}.index.json`]);

const SHARD_LIMIT = 1000;

/** Whether one of the files that {@link openCheckpoint} looks for is there. */
export async function holdsCheckpoint(directory: string): Promise<boolean> {
  for (const name of FILES) if (await exists(join(directory, name))) return true;
  return false;
}

/**
 * Opens a directory's weights: `model.safetensors`, `model.safetensors.index.json`, `pytorch_model.bin` or
 * `pytorch_model.bin.index.json`, the first that is there.
 *
 * @throws {ConvertError | ModelFileError} naming the file, and the tensor where one is at fault
 */
export async function openCheckpoint(directory: string): Promise<Checkpoint> {
  for (const [name, read] of FORMS) {
    if (await exists(join(directory, name))) return openFiles(directory, [name], read, undefined);
    const index = await readJsonObject(directory, `${name}.index.json`);
    if (index !== undefined) {
      const shards = parseIndex(index);
      return openFiles(directory, [...new Set(shards.values())], read, { file: index.file, shards });
    }
  }
  throw new ConvertError(
    "file-missing",
    directory,
    `expected one of ${FILES.join(", ")}, or a graph in ONNX`,
  );
}

/** @throws {ConvertError | ModelFileError} naming the file, and the tensor where one is at fault */
export async function openModelFile(path: string): Promise<OpenModelFile> {
  const binary = await BinaryFile.open(path);
  try {
    const { header, tensors } = await readSafetensors(binary);
    return { file: parseModelFile(header, path), tensors, close: () => binary.close() };
  } catch (error) {
    await binary.close();
    throw error;
  }
}

async function openFiles(
  directory: string,
  names: readonly string[],
  read: Reader,
  index: { readonly file: string; readonly shards: ReadonlyMap<string, string> } | undefined,
): Promise<Checkpoint> {
  const files: BinaryFile[] = [];
  const close = async () => {
    for (const file of files) await file.close();
  };
  try {
    const tensors = new Map<string, CheckpointTensor>();
    for (const name of names) {
      const file = await BinaryFile.open(join(directory, name));
      files.push(file);
      for (const [tensorName, tensor] of await read(file)) {
        if (index !== undefined && index.shards.get(tensorName) !== name) {
          const place = index.shards.get(tensorName) ?? "nowhere";
          const detail = `${name} holds the tensor "${tensorName}", which the index puts in ${place}`;
          throw new ConvertError("checkpoint-malformed", index.file, detail);
        }
        tensors.set(tensorName, tensor);
      }
    }
    for (const [tensorName, name] of index?.shards ?? []) {
      if (!tensors.has(tensorName)) {
        throw new ConvertError(
          "tensor-missing",
          join(directory, name),
          `the index puts "${tensorName}" here`,
        );
      }
    }
    return { tensors, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Tensors' names to the files that hold them, all of which lie beside the index. */
function parseIndex({ file, fields }: JsonFile): ReadonlyMap<string, string> {
  const fail = (detail: string): never => {
    throw new ConvertError("checkpoint-malformed", file, detail);
  };
  const map = fields["weight_map"];
  if (typeof map !== "object" || map === null || Array.isArray(map))
    return fail("expected an object weight_map");
  const shards = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(map)) {
    if (typeof shard !== "string") return fail(`weight_map must hold file names, but "${tensor}" has none`);
    if (
      basename(shard) !== shard ||
      /[\\/\0]/.test(shard) ||
      shard === "" ||
      shard === "." ||
      shard === ".."
    ) {
      return fail(
        `weight_map puts "${tensor}" in ${JSON.stringify(shard)}, which is no file of this directory`,
      );
    }
    shards.set(tensor, shard);
  }
  const count = new Set(shards.values()).size;
  if (count === 0 || count > SHARD_LIMIT)
    fail(`expected 1 to ${SHARD_LIMIT} files in weight_map, not ${count}`);
  return shards;
}

async function readSafetensors(
  file: BinaryFile,
): Promise<{ header: SafetensorsHeader; tensors: Map<string, CheckpointTensor> }> {
  const length = readHeaderLength(await file.read(0, Math.min(8, file.size)), file.path);
  if (8 + length > file.size) {
    throw new ModelFileError(
      "truncated",
      file.path,
      `its header takes ${8 + length} bytes, the file has ${file.size}`,
    );
  }
  const header = parseHeader(await file.read(8, length), file.path);
  checkByteLength(header, file.size, file.path);
  const tensors = new Map<string, CheckpointTensor>();
  for (const { name, dtype, shape, begin, end } of header.tensors.values()) {
    tensors.set(name, { file: file.path, dtype, shape, read: () => file.read(begin, end - begin) });
  }
  return { header, tensors };
}

async function readTorch(file: BinaryFile): Promise<Map<string, CheckpointTensor>> {
  const [first, second] = await file.read(0, Math.min(2, file.size));
  return first === 0x50 && second === 0x4b ? readTorchZip(file) : readTorchStream(file);
}
