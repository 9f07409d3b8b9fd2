import { join } from "node:path";
import { ConvertError, InputError } from "../errors.ts";
import { CRF_TOKENS, type CrfTokens } from "../model/config.ts";
import {
  classifierTensor,
  encodeModelMetadata,
  type ModelFile,
  modelParameters,
  OPTIONAL_TENSORS,
  parseModelFile,
} from "../model/model-file.ts";
import { TIED_LM_HEAD } from "../model/parameters.ts";
import { parseHeader } from "../model/safetensors.ts";
import { layoutSafetensors } from "../model/safetensors-writer.ts";
import { compareTensors } from "../model/tensor-list.ts";
import { detectScheme } from "../text/labels.ts";
import { writeFileAtomically } from "./atomic-write.ts";
import { openCheckpoint } from "./checkpoint.ts";
import type { CheckpointTensor } from "./checkpoint-tensor.ts";
import { convertFloats, FLOAT_DTYPES, type StorageDtype } from "./floats.ts";
import { type HuggingFaceModel, parseHuggingFaceConfig } from "./hugging-face-config.ts";
import { readTokenizer } from "./hugging-face-tokenizer.ts";
import { selectTensors } from "./tensor-names.ts";
import { readJsonObject } from "./text-file.ts";

export interface ConvertOptions {
  /** How every tensor is stored. The checkpoint's own by default: f16 where all of it is float16, else f32. */
  readonly dtype?: "f32" | "f16";
  /** The tokens that the CRF runs over. By default `characters` for a character tokenizer, else `first-piece`. */
  readonly crfTokens?: CrfTokens;
  /** The model's licence, such as "Apache-2.0". */
  readonly license?: string;
  /** Where the model comes from, in words. */
  readonly source?: string;
  /** Called after each tensor with the bytes of tensors written, and those to write in all. */
  onProgress?(done: number, total: number, tensor: string): void;
}

const DTYPES: Readonly<Record<string, StorageDtype>> = { f32: "F32", f16: "F16" };

type Tensors = ReadonlyMap<string, CheckpointTensor>;

/**
 * Converts a Hugging Face directory (config, vocabulary, safetensors or PyTorch weights) to one model file. Holds no
 * more of the checkpoint than one tensor at a time.
 *
 * @param directory with `config.json`, `vocab.txt` or `tokenizer.json`, and the weights
 * @param outFile written whole by rename; on any error nothing is left
 * @returns the written file's description
 * @throws {ConvertError | ModelFileError} naming the file, and the tensor or field where one is at fault
 * @throws {InputError} `bad-option`
 */
export async function convertDirectory(
  directory: string,
  outFile: string,
  options: ConvertOptions = {},
): Promise<ModelFile> {
  checkOptions(options);
  const configFile = await readJsonObject(directory, "config.json");
  if (configFile === undefined) {
    throw new ConvertError(
      "file-missing",
      join(directory, "config.json"),
      "a Hugging Face directory has one",
    );
  }
  const model = parseHuggingFaceConfig(configFile);
  const { task, config, labels } = model;
  const tokenizer = await readTokenizer(directory, config.vocab_size);

  const checkpoint = await openCheckpoint(directory);
  try {
    const crf =
      task === "token-classification" &&
      [...checkpoint.tensors.keys()].some((name) => /(^|\.)crf\./.test(name));
    if (options.crfTokens !== undefined && !crf) {
      throw new InputError("bad-option", `crfTokens is "${options.crfTokens}", but ${directory} has no CRF`);
    }
    const tensors = await matchTensors(directory, configFile.file, model, crf, checkpoint.tensors);
    const allHalf = [...tensors.values()].every(({ dtype }) => dtype === "F16");
    const dtype = options.dtype === undefined ? (allHalf ? "F16" : "F32") : DTYPES[options.dtype]!;

    const characters = tokenizer.type === "characters";
    const metadata = encodeModelMetadata({
      task,
      config,
      tokenizer,
      labels,
      scheme: task === "token-classification" ? detectScheme(labels) : undefined,
      crf: crf ? { tokens: options.crfTokens ?? (characters ? "characters" : "first-piece") } : undefined,
      license: options.license,
      source: options.source,
    });
    const descriptions = [...tensors].map(([name, { shape }]) => ({ name, dtype, shape }));
    const { prefix, order } = layoutSafetensors(metadata, descriptions);
    const file = parseModelFile(parseHeader(prefix.subarray(8), outFile), outFile);
    await writeFileAtomically(outFile, chunks(prefix, order, tensors, dtype, file, options));
    return file;
  } finally {
    await checkpoint.close();
  }
}

function checkOptions({ dtype, crfTokens, license, source }: ConvertOptions): void {
  const fail = (detail: string): never => {
    throw new InputError("bad-option", detail);
  };
  if (dtype !== undefined && !Object.hasOwn(DTYPES, dtype))
    fail(`dtype must be "f32" or "f16", not "${dtype}"`);
  if (crfTokens !== undefined && !CRF_TOKENS.includes(crfTokens)) {
    fail(`crfTokens must be one of ${CRF_TOKENS.join(", ")}, not "${crfTokens}"`);
  }
  for (const [name, value] of Object.entries({ license, source })) {
    if (value !== undefined && typeof value !== "string") fail(`${name} must be a string`);
  }
}

/** The model's tensors in the order in which the forward pass meets them, or an error that names all that differ. */
async function matchTensors(
  directory: string,
  configFile: string,
  { task, config, labels, tied }: HuggingFaceModel,
  crf: boolean,
  all: Tensors,
): Promise<Tensors> {
  const expected = modelParameters(config, task, labels.length, crf);
  const names = expected.map(({ name }) => name);
  const tensors = selectTensors(all, new Set(names));

  const classifier = classifierTensor(task);
  const rows = tensors.get(classifier ?? "")?.shape[0];
  if (rows !== undefined && rows !== labels.length) {
    const detail = `"id2label" has ${labels.length} labels, but the checkpoint's ${classifier} has ${rows} rows`;
    throw new ConvertError("labels-mismatch", configFile, detail);
  }
  const mismatch = compareTensors(expected, tensors, tied ? OPTIONAL_TENSORS : new Set());
  if (mismatch !== undefined) throw new ConvertError(mismatch.code, directory, mismatch.detail);

  const matched = new Map<string, CheckpointTensor>();
  for (const name of names) {
    const tensor = tensors.get(name);
    if (tensor === undefined || (name === TIED_LM_HEAD && tied && (await repeatsEmbeddings(tensor, tensors))))
      continue;
    if (!FLOAT_DTYPES.includes(tensor.dtype)) {
      const detail = `tensor "${name}" is ${tensor.dtype}; weights are ${FLOAT_DTYPES.join(", ")}`;
      throw new ConvertError("checkpoint-malformed", tensor.file, detail);
    }
    matched.set(name, tensor);
  }
  return matched;
}

/** Whether the generator's output matrix is the word embeddings over again: torch writes both where they share memory. */
async function repeatsEmbeddings(head: CheckpointTensor, tensors: Tensors): Promise<boolean> {
  const embeddings = tensors.get("electra.embeddings.word_embeddings.weight")!;
  return head.dtype === embeddings.dtype && Buffer.from(await head.read()).equals(await embeddings.read());
}

async function* chunks(
  prefix: Uint8Array,
  order: readonly { readonly name: string }[],
  tensors: Tensors,
  dtype: StorageDtype,
  { headerBytes, byteLength }: ModelFile,
  { onProgress }: ConvertOptions,
): AsyncGenerator<Uint8Array> {
  yield prefix;
  const total = byteLength - 8 - headerBytes;
  let done = 0;
  for (const { name } of order) {
    const tensor = tensors.get(name)!;
    const data = convertFloats(await tensor.read(), tensor.dtype, dtype, (value) => {
      const detail = `tensor "${name}" has the value ${value}, too large for ${dtype}`;
      throw new ConvertError(
        "unsupported",
        tensor.file,
        dtype === "F16" ? `${detail}; convert it with dtype f32` : detail,
      );
    });
    yield data;
    done += data.length;
    onProgress?.(done, total, name);
  }
}
