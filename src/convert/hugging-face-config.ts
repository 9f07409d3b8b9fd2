import { ConvertError } from "../errors.ts";
import { type ElectraConfig, parseConfig, type Task } from "../model/config.ts";
import { brief } from "../model/json.ts";
import { classifierTensor } from "../model/model-file.ts";
import type { JsonFile } from "./text-file.ts";

/** What a Hugging Face `config.json` says of its model. */
export interface HuggingFaceModel {
  readonly task: Task;
  readonly config: ElectraConfig;
  readonly labels: readonly string[];
  /** Whether the generator's output matrix may be absent, as the word embeddings stand in its place. */
  readonly tied: boolean;
}

const TASKS: Readonly<Record<string, Task>> = {
  ElectraForTokenClassification: "token-classification",
  ElectraForSequenceClassification: "text-classification",
  ElectraForMultipleChoice: "multiple-choice",
  ElectraForQuestionAnswering: "question-answering",
  ElectraForMaskedLM: "fill-mask",
  ElectraForPreTraining: "replaced-token-detection",
  ElectraModel: "feature-extraction",
};

/** What transformers' `ElectraConfig` takes for a field that its file lacks. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  vocab_size: 30522,
  embedding_size: 128,
  hidden_size: 256,
  num_hidden_layers: 12,
  num_attention_heads: 4,
  intermediate_size: 1024,
  hidden_act: "gelu",
  max_position_embeddings: 512,
  type_vocab_size: 2,
  layer_norm_eps: 1e-12,
  position_embedding_type: "absolute",
};

/** Fields under which another model than ours would be computed, with the one value that is supported. */
const FIXED: Readonly<Record<string, unknown>> = {
  model_type: "electra",
  is_decoder: false,
  add_cross_attention: false,
};

/** The same for what a multiple choice head makes of a text before it scores it. */
const FIXED_SUMMARY: Readonly<Record<string, unknown>> = {
  summary_type: "first",
  summary_use_proj: true,
  summary_activation: "gelu",
  summary_proj_to_labels: false,
};

/**
 * @throws {ConvertError} `unsupported`, `config-malformed` or `labels-mismatch`
 * @throws {ModelFileError} `config-malformed` for a size that can't be
 */
export function parseHuggingFaceConfig({ file, fields }: JsonFile): HuggingFaceModel {
  const architectures = fields["architectures"];
  if (!Array.isArray(architectures) || architectures.length !== 1 || typeof architectures[0] !== "string") {
    const known = Object.keys(TASKS).join(", ");
    const detail = `"architectures" must name one of ${known}, not ${brief(architectures)}`;
    throw new ConvertError("config-malformed", file, detail);
  }
  const architecture = architectures[0];
  if (!Object.hasOwn(TASKS, architecture)) {
    const known = Object.keys(TASKS).join(", ");
    throw new ConvertError(
      "unsupported",
      file,
      `the architecture ${brief(architecture)}; supported are ${known}`,
    );
  }
  const task = TASKS[architecture]!;
  const fixed = task === "multiple-choice" ? { ...FIXED, ...FIXED_SUMMARY } : FIXED;
  for (const [field, supported] of Object.entries(fixed)) {
    const value = fields[field] === undefined ? supported : fields[field];
    if (value !== supported) {
      const detail = `"${field}" ${brief(value)}; supported is ${JSON.stringify(supported)} alone`;
      throw new ConvertError("unsupported", file, detail);
    }
  }
  return {
    task,
    config: parseConfig({ ...DEFAULTS, ...fields }, file),
    labels: classifierTensor(task) === undefined ? [] : parseLabels(file, fields),
    tied: fields["tie_word_embeddings"] !== false,
  };
}

/** The labels by id. Without `id2label` transformers calls them LABEL_0, LABEL_1 …, two where no number is given. */
function parseLabels(file: string, fields: Readonly<Record<string, unknown>>): readonly string[] {
  const fail = (detail: string): never => {
    throw new ConvertError("labels-mismatch", file, detail);
  };
  const names = fields["id2label"];
  if (names === undefined) {
    const count = fields["num_labels"] ?? 2;
    if (!Number.isInteger(count) || (count as number) < 1 || (count as number) > 100_000) {
      return fail(`"num_labels" must be an integer from 1 to 100000, not ${brief(count)}`);
    }
    return Array.from({ length: count as number }, (_, id) => `LABEL_${id}`);
  }
  if (typeof names !== "object" || names === null || Array.isArray(names)) {
    return fail(`"id2label" must be an object of ids to labels, not ${brief(names)}`);
  }
  const byId = new Map(Object.entries(names));
  const labels = new Set<string>();
  for (let id = 0; id < byId.size; id++) {
    const label = byId.get(String(id));
    if (typeof label !== "string") {
      return fail(
        `"id2label" must have a string for each id from 0 to ${byId.size - 1}, but ${id} has ${brief(label)}`,
      );
    }
    if (labels.has(label)) return fail(`"id2label" has the label ${brief(label)} twice`);
    labels.add(label);
  }
  return [...labels];
}
