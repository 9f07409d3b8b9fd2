import { ModelFileError, type ModelFileErrorCode } from "../../errors.ts";
import {
  CRF_TOKENS,
  type CrfTokens,
  type ElectraConfig,
  type GruConfig,
  parseConfig,
  parseGruConfig,
  TASKS,
  type Task,
} from "../config.ts";
import {
  crfParameters,
  encoderParameters,
  gruParameters,
  headParameters,
  type Parameter,
  TIED_LM_HEAD,
} from "../parameters.ts";
import { brief, parseStrictJson } from "./json.ts";
import { type ModelAnswer, parseModelAnswer } from "./model-answer.ts";
import type { SafetensorsHeader, TensorInfo } from "./safetensors.ts";
import { isQuantized, type StoredParameter, storageOf, storedTensors } from "./storage.ts";
import { compareTensors } from "./tensor-list.ts";

/** The version of `docs/format.md` that this code reads and writes. */
const FORMAT_VERSION = "1";
const KNOWN_ANSWER = "known_answer";

/** What a model file says of its model beside the tensors. */
export interface ModelMetadata {
  readonly task: Task;
  readonly config: ElectraConfig;
  /** For the tokenizer's own parser: the model knows no text. */
  readonly tokenizer: unknown;
  /** Index = the classifier's row; empty for tasks without labels. */
  readonly labels: readonly string[];
  /** For the label scheme's own parser; undefined for all tasks but token classification. */
  readonly scheme: unknown;
  readonly crf: { readonly tokens: CrfTokens } | undefined;
  readonly gru?: GruConfig | undefined;
  /** For the reader who wants to know what quantization cost: the model runs without. */
  readonly quantization_error: unknown;
  readonly license: string | undefined;
  readonly source: string | undefined;
}

/** A model file whose every rule has been checked; none of its tensors' bytes have been read. */
export interface ModelFile {
  /** The source as the user named it. */
  readonly name: string;
  readonly metadata: ModelMetadata;
  /** What comes of a known input; it is of these weights, and so no part of what a copy with others would say. */
  readonly knownAnswer: ModelAnswer | undefined;
  /** What the model has, in the order in which the forward pass meets it. */
  readonly parameters: ReadonlyMap<string, StoredParameter>;
  /** Whether the quantizable parameters are int8 or int4: all of them, or none. */
  readonly quantized: boolean;
  /** What the file holds, in its order: scales come before the values they belong to. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly byteLength: number;
  readonly headerBytes: number;
}

/** The tensor whose rows the labels name; undefined for tasks without labels. */
export function classifierTensor(task: Task): string | undefined {
  if (task === "token-classification") return "classifier.weight";
  return task === "text-classification" ? "classifier.out_proj.weight" : undefined;
}

/** Every tensor of a model, in the order in which the forward pass meets them. */
export function modelParameters(
  config: ElectraConfig,
  task: Task,
  labels: number,
  crf: boolean,
  gru?: GruConfig,
): Parameter[] {
  return [
    ...encoderParameters(config),
    ...(gru === undefined ? [] : gruParameters(gru, config.hidden_size)),
    ...headParameters(config, task, labels, gru),
    ...(crf ? crfParameters(labels) : []),
  ];
}

/** Tensors that a model may lack: see `TIED_LM_HEAD`. */
export const OPTIONAL_TENSORS: ReadonlySet<string> = new Set([TIED_LM_HEAD]);

/**
 * Checks that a safetensors file is a model of ours, whole and consistent.
 *
 * @param source the file as the user named it
 * @throws {ModelFileError} with a code for each broken rule
 */
export function parseModelFile(header: SafetensorsHeader, source: string): ModelFile {
  const { knownAnswer, ...metadata } = parseModelMetadata(header.metadata, source);
  const { task, config, labels, crf, gru } = metadata;

  const rows = header.tensors.get(classifierTensor(task) ?? "")?.shape[0];
  if (rows !== undefined && rows !== labels.length) {
    const detail = `"labels" names ${labels.length} labels, but ${classifierTensor(task)} has ${rows} rows`;
    throw new ModelFileError("labels-mismatch", source, detail);
  }
  const expected = modelParameters(config, task, labels.length, crf !== undefined, gru);
  const parameters = findStorages(expected, header, source);
  checkTensors(parameters, header, source);
  const { tensors, byteLength, headerBytes } = header;
  const quantized = [...parameters.values()].some(({ storage }) => isQuantized(storage));
  return { name: source, metadata, knownAnswer, parameters, quantized, tensors, byteLength, headerBytes };
}

/** Takes each parameter's storage from its tensor. One that the file lacks counts as f32 where it is needed. */
function findStorages(
  expected: readonly Parameter[],
  { tensors }: SafetensorsHeader,
  source: string,
): ReadonlyMap<string, StoredParameter> {
  const parameters = new Map<string, StoredParameter>();
  let first: StoredParameter | undefined;
  for (const parameter of expected) {
    const { name, quantizable } = parameter;
    const dtype = tensors.get(name)?.dtype;
    if (dtype === undefined && OPTIONAL_TENSORS.has(name)) continue;
    const storage = storageOf(dtype ?? "F32", parameter);
    if (storage === undefined) {
      const dtypes = quantizable ? "F32, F16, I8 or U8 (int4)" : "F32 or F16";
      throw new ModelFileError("unknown-dtype", source, `must be ${dtypes}, not ${dtype}`, name);
    }
    const stored = { ...parameter, storage };
    parameters.set(name, stored);
    if (!quantizable || dtype === undefined) continue;
    first ??= stored;
    if (isQuantized(storage) !== isQuantized(first.storage)) {
      const detail = `is ${storage}, but "${first.name}" is ${first.storage}: all matrices are quantized, or none`;
      throw new ModelFileError("unknown-dtype", source, detail, name);
    }
  }
  return parameters;
}

/** Holds the file's tensors against those that its parameters' storages ask for. */
function checkTensors(
  parameters: ReadonlyMap<string, StoredParameter>,
  { tensors }: SafetensorsHeader,
  source: string,
): void {
  const groups = [...parameters.values()].map((parameter) => storedTensors(parameter, parameter.storage));
  const mismatch = compareTensors(groups.flat(), tensors, new Set());
  if (mismatch !== undefined) throw new ModelFileError(mismatch.code, source, mismatch.detail);
  for (const group of groups) {
    let position = 0;
    for (const { name, dtype } of group) {
      const tensor = tensors.get(name)!;
      if (tensor.dtype !== dtype) {
        throw new ModelFileError("unknown-dtype", source, `must be ${dtype}, not ${tensor.dtype}`, name);
      }
      if (tensor.begin < position) {
        const detail = "lies before its scales, which a reader of a stream needs first";
        throw new ModelFileError("bad-offsets", source, detail, name);
      }
      position = tensor.begin;
    }
  }
}

/** The `__metadata__` strings that `parseModelFile` reads back; `docs/format.md` describes each. */
export function encodeModelMetadata(
  metadata: ModelMetadata,
  knownAnswer?: ModelAnswer,
): Record<string, string> {
  const strings: Record<string, string> = { format: "pt", electra_edge: FORMAT_VERSION };
  for (const [key, value] of Object.entries({ ...metadata, [KNOWN_ANSWER]: knownAnswer })) {
    if (value !== undefined) strings[key] = JSON.stringify(value);
  }
  return strings;
}

function parseModelMetadata(
  strings: ReadonlyMap<string, string>,
  source: string,
): ModelMetadata & Pick<ModelFile, "knownAnswer"> {
  const fail = (code: ModelFileErrorCode, detail: string): never => {
    throw new ModelFileError(code, source, detail);
  };
  const version = strings.get("electra_edge");
  if (version === undefined) {
    return fail(
      "not-a-model",
      'a safetensors file, but not a model of ours: its metadata lacks "electra_edge"; convert it',
    );
  }
  if (version !== FORMAT_VERSION) {
    fail("unsupported-version", `format version ${brief(version)}; this release reads "${FORMAT_VERSION}"`);
  }
  const format = strings.get("format");
  if (format !== "pt") fail("metadata-malformed", `"format" must be "pt", not ${brief(format)}`);

  const entry = (key: keyof ModelMetadata | typeof KNOWN_ANSWER): unknown => {
    const text = strings.get(key);
    if (text === undefined) return undefined;
    return parseStrictJson(text, (rule, detail) =>
      fail(rule === "duplicate" ? "duplicate-key" : "metadata-malformed", `metadata "${key}": ${detail}`),
    );
  };
  const required = (key: keyof ModelMetadata): unknown =>
    entry(key) ?? fail("metadata-malformed", `its metadata lacks "${key}"`);
  const text = (key: "license" | "source"): string | undefined => {
    const value = entry(key);
    if (value === undefined || typeof value === "string") return value;
    return fail("metadata-malformed", `metadata "${key}" must be a JSON string`);
  };

  const task = required("task") as Task;
  if (!TASKS.includes(task))
    fail("metadata-malformed", `"task" must be one of ${TASKS.join(", ")}, not ${brief(task)}`);
  const gru = entry("gru");
  if (gru !== undefined && task !== "token-classification") {
    fail("metadata-malformed", `"gru" belongs to token-classification alone, not to ${task}`);
  }
  const config = parseConfig(required("config"), source);
  const answer = entry(KNOWN_ANSWER);
  return {
    task,
    config,
    ...(gru === undefined ? {} : { gru: parseGruConfig(gru, source) }),
    tokenizer: required("tokenizer"),
    labels: parseLabels(
      classifierTensor(task) === undefined ? (entry("labels") ?? []) : required("labels"),
      task,
      source,
    ),
    scheme: task === "token-classification" ? required("scheme") : entry("scheme"),
    crf: parseCrf(entry("crf"), task, source),
    quantization_error: entry("quantization_error"),
    license: text("license"),
    source: text("source"),
    knownAnswer: answer === undefined ? undefined : parseModelAnswer(answer, config, source),
  };
}

function parseLabels(json: unknown, task: Task, source: string): readonly string[] {
  const fail = (detail: string): never => {
    throw new ModelFileError("labels-mismatch", source, `"labels" ${detail}`);
  };
  if (!Array.isArray(json)) return fail("must be a list of strings");
  const stranger = json.findIndex((label) => typeof label !== "string");
  if (stranger !== -1) fail(`must be a list of strings, but number ${stranger} is none`);
  const seen = new Set<string>();
  for (const label of json) {
    if (seen.has(label)) fail(`names ${brief(label)} twice`);
    seen.add(label);
  }
  const none = classifierTensor(task) === undefined;
  if (none !== (json.length === 0)) fail(none ? `must be empty for ${task}` : "must not be empty");
  return json;
}

function parseCrf(json: unknown, task: Task, source: string): ModelMetadata["crf"] {
  if (json === undefined) return undefined;
  const tokens = (json as { tokens?: unknown } | null)?.tokens as CrfTokens;
  if (task !== "token-classification" || !CRF_TOKENS.includes(tokens)) {
    const detail = `"crf" must be {"tokens": one of ${CRF_TOKENS.join(", ")}} and belongs to token-classification alone`;
    throw new ModelFileError("metadata-malformed", source, detail);
  }
  return { tokens };
}
