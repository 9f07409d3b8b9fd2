import { ConvertError } from "../../errors.ts";
import {
  type ElectraConfig,
  type GruConfig,
  type ModelType,
  parseConfig,
  parseGruConfig,
  type Task,
} from "../../model/config.ts";
import { brief } from "../../model/file/json.ts";
import { classifierTensor } from "../../model/file/model-file.ts";
import { ARCHITECTURES, FAMILIES } from "../families.ts";
import type { JsonFile } from "../text-file.ts";

/** What a Hugging Face `config.json` says of its model. */
export interface HuggingFaceModel {
  readonly task: Task;
  readonly config: ElectraConfig;
  /** Our own field, beside transformers': the layers that were put between encoder and head, if any. */
  readonly gru: GruConfig | undefined;
  readonly labels: readonly string[];
  /** Rows of the position embeddings before that of a text's first token, which are left out. */
  readonly firstPosition: number;
  /** Whether the embedding of task 0 is part of every token's. */
  readonly taskType: boolean;
  /** Whether the generator's output matrix may be absent, as the word embeddings stand in its place. */
  readonly tied: boolean;
}

/** Fields under which another model than ours would be computed, with the one value that is supported. */
const FIXED: Readonly<Record<string, unknown>> = {
  is_decoder: false,
  add_cross_attention: false,
  position_embedding_type: "absolute",
};

/** The same for what ELECTRA's multiple choice head makes of a text before it scores it. */
const FIXED_SUMMARY: Readonly<Record<string, unknown>> = {
  summary_type: "first",
  summary_use_proj: true,
  summary_activation: "gelu",
  summary_proj_to_labels: false,
};

const KNOWN = [...ARCHITECTURES.keys()].join(", ");

const BIGRU = "bigru";

/** What transformers has several names for. */
const SAME_ACTIVATION: ReadonlyMap<string, string> = new Map([
  ["gelu_python", "gelu"],
  ["gelu_fast", "gelu_new"],
  ["gelu_accurate", "gelu_new"],
  ["gelu_pytorch_tanh", "gelu_new"],
  ["gelu_python_tanh", "gelu_new"],
]);

/** The most labels that are made up where none is given. */
const UNNAMED_LABELS_LIMIT = 10_000;

/**
 * @throws {ConvertError} `unsupported`, `config-malformed` or `labels-mismatch`
 * @throws {ModelFileError} `config-malformed` for a size that can't be
 */
export function parseHuggingFaceConfig({ file, fields }: JsonFile): HuggingFaceModel {
  if (fields["model_type"] === BIGRU) return parseBigru(file, fields);
  const architectures = fields["architectures"];
  if (!Array.isArray(architectures) || architectures.length !== 1 || typeof architectures[0] !== "string") {
    const detail = `"architectures" must name one of ${KNOWN}, not ${brief(architectures)}`;
    throw new ConvertError("config-malformed", file, detail);
  }
  const architecture = ARCHITECTURES.get(architectures[0]);
  if (architecture === undefined) {
    const detail = `the architecture ${brief(architectures[0])}; supported are ${KNOWN}`;
    throw new ConvertError("unsupported", file, detail);
  }
  const { modelType, task } = architecture;
  const summarized = modelType === "electra" && task === "multiple-choice";
  const fixed = { ...FIXED, ...(summarized && FIXED_SUMMARY), model_type: modelType };
  for (const [field, supported] of Object.entries(fixed)) {
    const value = fields[field] === undefined ? supported : fields[field];
    if (value !== supported) {
      const detail = `"${field}" ${brief(value)}; supported is ${JSON.stringify(supported)} alone`;
      throw new ConvertError("unsupported", file, detail);
    }
  }
  const firstPosition = modelType === "roberta" ? firstPositionOf(file, fields) : 0;
  const gru = fields["gru"] === undefined ? undefined : parseGruConfig(fields["gru"], file);
  if (gru !== undefined && task !== "token-classification") {
    throw new ConvertError("unsupported", file, `"gru" under a head for ${task}; it is for tokens' labels`);
  }
  return {
    task,
    gru,
    config: parseConfig(canonicalFields(modelType, fields, firstPosition), file),
    labels: classifierTensor(task) === undefined ? [] : parseLabels(file, fields),
    firstPosition,
    taskType: modelType === "ernie" && fields["use_task_id"] === true,
    tied: fields["tie_word_embeddings"] !== false,
  };
}

/** Word embeddings under bidirectional GRUs, of which transformers has no model: `docs/format.md` has its config. */
function parseBigru(file: string, fields: Readonly<Record<string, unknown>>): HuggingFaceModel {
  return {
    task: "token-classification",
    config: parseConfig({ max_position_embeddings: 512, ...fields, model_type: "embeddings" }, file),
    gru: parseGruConfig(fields["gru"], file),
    labels: parseLabels(file, fields),
    firstPosition: 0,
    taskType: false,
    tied: false,
  };
}

/** A family's fields by the names and defaults that our own config has. */
function canonicalFields(
  modelType: ModelType,
  given: Readonly<Record<string, unknown>>,
  firstPosition: number,
): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {
    ...FAMILIES[modelType].defaults,
    ...given,
    model_type: modelType,
  };
  const embedding =
    modelType === "electra" || modelType === "roformer" ? fields["embedding_size"] : undefined;
  const [activation, positions] = [fields["hidden_act"], fields["max_position_embeddings"]];
  return {
    ...fields,
    embedding_size: embedding ?? fields["hidden_size"],
    hidden_act: typeof activation === "string" ? (SAME_ACTIVATION.get(activation) ?? activation) : activation,
    max_position_embeddings: typeof positions === "number" ? positions - firstPosition : positions,
    position_embedding_type: modelType === "roformer" ? "rotary" : "absolute",
  };
}

/** RoBERTa counts positions from the one after its padding token's id. */
function firstPositionOf(file: string, fields: Readonly<Record<string, unknown>>): number {
  const id = fields["pad_token_id"] ?? FAMILIES.roberta.defaults["pad_token_id"];
  if (Number.isInteger(id) && (id as number) >= 0) return (id as number) + 1;
  throw new ConvertError("config-malformed", file, `"pad_token_id" must be a token's id, not ${brief(id)}`);
}

/** The labels by id. Without `id2label` transformers calls them LABEL_0, LABEL_1 …, two where no number is given. */
function parseLabels(file: string, fields: Readonly<Record<string, unknown>>): readonly string[] {
  const fail = (detail: string): never => {
    throw new ConvertError("labels-mismatch", file, detail);
  };
  const names = fields["id2label"];
  if (names === undefined) {
    const count = fields["num_labels"] ?? 2;
    if (!Number.isInteger(count) || (count as number) < 1 || (count as number) > UNNAMED_LABELS_LIMIT) {
      const detail = `an integer from 1 to ${UNNAMED_LABELS_LIMIT} where "id2label" is absent`;
      return fail(`"num_labels" must be ${detail}, not ${brief(count)}`);
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
