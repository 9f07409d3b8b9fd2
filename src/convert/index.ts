/** @module electra-edge/convert */
import { basename, dirname, join, resolve } from "node:path";
import { ConvertError, InputError } from "../errors.ts";
import { CRF_TOKENS, type CrfTokens, familyOf } from "../model/config.ts";
import {
  classifierTensor,
  type ModelFile,
  modelParameters,
  OPTIONAL_TENSORS,
} from "../model/file/model-file.ts";
import { isQuantized, type Storage, storedTensors } from "../model/file/storage.ts";
import { compareTensors } from "../model/file/tensor-list.ts";
import { TIED_LM_HEAD } from "../model/parameters.ts";
import { checkSignal } from "../signal.ts";
import { detectScheme } from "../text/labels.ts";
import { exists } from "./binary-file.ts";
import { type Checkpoint, openModelFile } from "./checkpoint.ts";
import { type CheckpointTensor, readUntil } from "./checkpoint-tensor.ts";
import { CRF_LAYOUTS, type CrfLayout, hasCrf, importCrf } from "./crf-layout.ts";
import { foldEmbeddings } from "./fold-embeddings.ts";
import { type HuggingFaceModel, parseHuggingFaceConfig } from "./hugging-face/config.ts";
import { readTokenizer } from "./hugging-face/tokenizer.ts";
import { openWeights } from "./open-weights.ts";
import { OWN_FIELDS, parseOwnFields } from "./own-fields.ts";
import { selectTensors } from "./tensor-names.ts";
import { readJsonObject } from "./text-file.ts";
import { type SourceParameter, writeModel } from "./write-model.ts";

export interface ConvertOptions {
  /**
   * How the weights are stored. By default as in the source: f16 where all of it is float16, else f32. int8 and int4
   * quantize the large matrices; the rest is then stored as in the source.
   */
  readonly dtype?: Storage;
  /** The tokens that the CRF runs over. By default `characters` for a character tokenizer, else `first-piece`. */
  readonly crfTokens?: CrfTokens;
  /** How the checkpoint's CRF is laid out, where its tensors' names don't tell. */
  readonly crfLayout?: CrfLayout;
  /** The model's licence, such as "Apache-2.0". */
  readonly license?: string;
  /** Where the model comes from, in words. */
  readonly source?: string;
  /** Stops between two tensors, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each parameter with the bytes of tensors done, and those to do in all. */
  onProgress?(done: number, total: number, tensor: string): void;
}

export type { Storage };
export { CRF_LAYOUTS, type CrfLayout };

export const DTYPES: readonly Storage[] = ["f32", "f16", "int8", "int4"];

type Tensors = ReadonlyMap<string, CheckpointTensor>;

/**
 * Converts a Hugging Face directory (config, vocabulary; weights as safetensors, PyTorch's or in an ONNX graph) to one
 * model file. Holds no more of the checkpoint than one tensor at a time, beside the quantized ones; of ONNX all.
 *
 * @param directory with `config.json`, `vocab.txt` or `tokenizer.json`, and the weights
 * @param outFile written whole by rename; on any error nothing is left
 * @returns the written file's description
 * @throws {ConvertError | ModelFileError} naming the file, and the tensor or field where one is at fault
 * @throws {InputError} `bad-option`
 * @throws what `signal` aborted with
 */
export async function convertDirectory(
  directory: string,
  outFile: string,
  options: ConvertOptions = {},
): Promise<ModelFile> {
  return convertWeights(directory, outFile, options, (model) => openWeights(directory, model));
}

/**
 * Converts an ONNX file, as optimum and torch.onnx write it (float32, float16, or quantized dynamically), to one model
 * file. Its `config.json` and vocabulary lie beside it, or beside its folder where that is called `onnx`.
 *
 * @param path the ONNX file; other files that it keeps tensors in are read from its own folder alone
 * @param outFile as in {@link convertDirectory}
 * @throws {ConvertError | ModelFileError | InputError} as {@link convertDirectory}
 */
export async function convertOnnx(
  path: string,
  outFile: string,
  options: ConvertOptions = {},
): Promise<ModelFile> {
  const folder = dirname(path);
  const alone = basename(resolve(folder)) === "onnx" && !(await exists(join(folder, "config.json")));
  const directory = alone ? join(folder, "..") : folder;
  // Only now: protobuf takes a while to load.
  const { openOnnx } = await import("./onnx/reader.ts");
  return convertWeights(directory, outFile, options, (model) => openOnnx(path, model));
}

async function convertWeights(
  directory: string,
  outFile: string,
  options: ConvertOptions,
  open: (model: HuggingFaceModel) => Promise<Checkpoint>,
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
  const { task, config, labels, gru } = model;
  const own = parseOwnFields(configFile);
  const tokenizer = await readTokenizer(directory, config.vocab_size);

  const checkpoint = await open(model);
  try {
    const tensors = readUntil(options.signal, checkpoint.tensors);
    const crf = task === "token-classification" && hasCrf(tensors.keys());
    requireCrf(crf, options, directory);
    if (own.crf !== undefined && !crf) {
      const detail = `the CRF that ${OWN_FIELDS}.crf in config.json speaks of; take it out there to go on without`;
      throw new ConvertError("tensor-missing", directory, detail);
    }
    const parameters = await matchTensors(directory, configFile.file, model, crf, tensors, options.crfLayout);
    const usual = tokenizer.type === "characters" ? "characters" : "first-piece";
    const metadata = {
      task,
      config,
      gru,
      tokenizer,
      labels,
      scheme: task === "token-classification" ? (own.scheme ?? detectScheme(labels)) : undefined,
      crf: crf ? { tokens: options.crfTokens ?? own.crf?.tokens ?? usual } : undefined,
      license: options.license ?? own.license,
      source: options.source ?? own.source,
    };
    return await writeModel(outFile, metadata, parameters, options.dtype, options.onProgress?.bind(options));
  } finally {
    await checkpoint.close();
  }
}

/**
 * Stores the weights of a model file as another type; without a `dtype` as they are, with a known answer in any case.
 *
 * @param path a model file; for a `dtype` one in f32 or f16: what quantization took away can't come back
 * @param outFile as in {@link convertDirectory}
 * @param options `crfTokens`, `license` and `source` replace what the file says
 * @throws {ConvertError | ModelFileError | InputError} as {@link convertDirectory}
 */
export async function convertModelFile(
  path: string,
  outFile: string,
  options: ConvertOptions = {},
): Promise<ModelFile> {
  checkOptions(options);
  const { file, tensors: all, close } = await openModelFile(path);
  const tensors = readUntil(options.signal, all);
  try {
    if (file.quantized && options.dtype !== undefined) {
      throw new ConvertError("unsupported", path, "it is quantized already; convert what it was made from");
    }
    const { crf, license, source, ...rest } = file.metadata;
    requireCrf(crf !== undefined, options, path);
    if (options.crfLayout !== undefined) {
      throw new InputError(
        "bad-option",
        `crfLayout is for checkpoints; ${path} is a model file, which has but one`,
      );
    }
    const metadata = {
      ...rest,
      crf: crf && { tokens: options.crfTokens ?? crf.tokens },
      license: options.license ?? license,
      source: options.source ?? source,
    };
    const parameters = [...file.parameters.values()].map((parameter) => {
      const { name, storage } = parameter;
      const source = { parameter, tensor: tensors.get(name)! };
      if (!isQuantized(storage)) return source;
      const scales = storedTensors(parameter, storage).map((stored) => stored.name);
      return {
        ...source,
        quantized: { storage, scales: new Map(scales.map((scale) => [scale, tensors.get(scale)!])) },
      };
    });
    return await writeModel(outFile, metadata, parameters, options.dtype, options.onProgress?.bind(options));
  } finally {
    await close();
  }
}

function requireCrf(crf: boolean, { crfTokens, crfLayout }: ConvertOptions, source: string): void {
  for (const [name, value] of Object.entries({ crfTokens, crfLayout })) {
    if (!crf && value !== undefined)
      throw new InputError("bad-option", `${name} is "${value}", but ${source} has no CRF`);
  }
}

function checkOptions({ dtype, crfTokens, crfLayout, license, source, signal }: ConvertOptions): void {
  checkSignal(signal);
  signal?.throwIfAborted();
  const fail = (detail: string): never => {
    throw new InputError("bad-option", detail);
  };
  if (dtype !== undefined && !DTYPES.includes(dtype))
    fail(`dtype must be one of ${DTYPES.join(", ")}, not "${dtype}"`);
  if (crfTokens !== undefined && !CRF_TOKENS.includes(crfTokens)) {
    fail(`crfTokens must be one of ${CRF_TOKENS.join(", ")}, not "${crfTokens}"`);
  }
  if (crfLayout !== undefined && !CRF_LAYOUTS.includes(crfLayout)) {
    fail(`crfLayout must be one of ${CRF_LAYOUTS.join(", ")}, not "${crfLayout}"`);
  }
  for (const [name, value] of Object.entries({ license, source })) {
    if (value !== undefined && typeof value !== "string") fail(`${name} must be a string`);
  }
}

/** The model's tensors in the order in which the forward pass meets them, or an error that names all that differ. */
async function matchTensors(
  directory: string,
  configFile: string,
  model: HuggingFaceModel,
  crf: boolean,
  all: Tensors,
  crfLayout: CrfLayout | undefined,
): Promise<SourceParameter[]> {
  const { task, config, labels, gru, tied } = model;
  const expected = modelParameters(config, task, labels.length, crf, gru);
  const names = expected.map(({ name }) => name);
  const architecture = { modelType: familyOf(config), task };
  const selected = selectTensors(all, new Set(names), architecture);
  const folded = await foldEmbeddings(selected, model, directory);
  const tensors = crf ? importCrf(folded, labels.length, directory, crfLayout) : folded;

  const classifier = classifierTensor(task);
  const rows = tensors.get(classifier ?? "")?.shape[0];
  if (rows !== undefined && rows !== labels.length) {
    const detail = `"id2label" has ${labels.length} labels, but the checkpoint's ${classifier} has ${rows} rows`;
    throw new ConvertError("labels-mismatch", configFile, detail);
  }
  const mismatch = compareTensors(expected, tensors, tied ? OPTIONAL_TENSORS : new Set());
  if (mismatch !== undefined) throw new ConvertError(mismatch.code, directory, mismatch.detail);

  const matched: SourceParameter[] = [];
  for (const parameter of expected) {
    const tensor = tensors.get(parameter.name);
    if (tensor === undefined) continue;
    if (parameter.name === TIED_LM_HEAD && tied && (await repeatsEmbeddings(tensor, tensors))) continue;
    matched.push({ parameter, tensor });
  }
  return matched;
}

/** Whether the generator's output matrix is the word embeddings over again: torch writes both where they share memory. */
async function repeatsEmbeddings(head: CheckpointTensor, tensors: Tensors): Promise<boolean> {
  const embeddings = tensors.get("electra.embeddings.word_embeddings.weight")!;
  return head.dtype === embeddings.dtype && Buffer.from(await head.read()).equals(await embeddings.read());
}
