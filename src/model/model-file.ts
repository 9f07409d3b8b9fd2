import { ModelFileError, type ModelFileErrorCode } from "../errors.ts";
import { CRF_TOKENS, type CrfTokens, type ElectraConfig, parseConfig, TASKS, type Task } from "./config.ts";
import { brief, parseStrictJson } from "./json.ts";
import {
  crfParameters,
  encoderParameters,
  headParameters,
  type Parameter,
  TIED_LM_HEAD,
} from "./parameters.ts";
import type { SafetensorsHeader, TensorInfo } from "./safetensors.ts";
import { compareTensors } from "./tensor-list.ts";

/** The version of `docs/format.md` that this code reads and writes. */
const FORMAT_VERSION = "1";

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
  readonly license: string | undefined;
  readonly source: string | undefined;
}

/** A model file whose every rule has been checked; none of its tensors' bytes have been read. */
export interface ModelFile {
  /** The source as the user named it. */
  readonly name: string;
  readonly metadata: ModelMetadata;
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
): Parameter[] {
  return [
    ...encoderParameters(config),
    ...headParameters(config, task, labels),
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
  const metadata = parseModelMetadata(header.metadata, source);
  const { task, config, labels, crf } = metadata;

  const rows = header.tensors.get(classifierTensor(task) ?? "")?.shape[0];
  if (rows !== undefined && rows !== labels.length) {
    const detail = `"labels" names ${labels.length} labels, but ${classifierTensor(task)} has ${rows} rows`;
    throw new ModelFileError("labels-mismatch", source, detail);
  }
  const expected = modelParameters(config, task, labels.length, crf !== undefined);
  const mismatch = compareTensors(expected, header.tensors, OPTIONAL_TENSORS);
  if (mismatch !== undefined) throw new ModelFileError(mismatch.code, source, mismatch.detail);
  for (const { name, dtype } of header.tensors.values()) {
    if (dtype !== "F32" && dtype !== "F16") {
      throw new ModelFileError(
        "unknown-dtype",
        source,
        `a model's tensors are F32 or F16, not ${dtype}`,
        name,
      );
    }
  }
  const { tensors, byteLength, headerBytes } = header;
  return { name: source, metadata, tensors, byteLength, headerBytes };
}

/** The `__metadata__` strings that `parseModelFile` reads back; `docs/format.md` describes each. */
export function encodeModelMetadata(metadata: ModelMetadata): Record<string, string> {
  const strings: Record<string, string> = { format: "pt", electra_edge: FORMAT_VERSION };
  for (const [key, value] of Object.entries(metadata)) {
    if (value !== undefined) strings[key] = JSON.stringify(value);
  }
  return strings;
}

function parseModelMetadata(strings: ReadonlyMap<string, string>, source: string): ModelMetadata {
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

  const entry = (key: keyof ModelMetadata): unknown => {
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
  return {
    task,
    config: parseConfig(required("config"), source),
    tokenizer: required("tokenizer"),
    labels: parseLabels(
      classifierTensor(task) === undefined ? (entry("labels") ?? []) : required("labels"),
      task,
      source,
    ),
    scheme: task === "token-classification" ? required("scheme") : entry("scheme"),
    crf: parseCrf(entry("crf"), task, source),
    license: text("license"),
    source: text("source"),
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
