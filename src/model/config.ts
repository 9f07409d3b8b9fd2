import { ModelFileError } from "../errors.ts";

/** Families of models whose encoder is ELECTRA's, by Hugging Face's `model_type`; `docs/encoders.md` tells of each. */
export const MODEL_TYPES = ["electra", "bert", "roberta", "ernie", "roformer"] as const;
export type ModelType = (typeof MODEL_TYPES)[number];

/** What the feed-forward layers may have between their two matrices. */
export const HIDDEN_ACTIVATIONS = ["gelu", "gelu_new", "relu"] as const;

/** Learned embeddings that are added, or turns of queries and keys (Su et al. 2021). */
export const POSITION_EMBEDDING_TYPES = ["absolute", "rotary"] as const;

/**
 * The shape of an ELECTRA encoder, with Hugging Face's names (`ElectraConfig`). Clark et al. 2020, appendix A, has
 * the published sizes: small is 12 layers of hidden 256, FFN 1024, 4 heads, embeddings of 128.
 */
export interface ElectraConfig {
  /** The family that the model is of; ELECTRA's own where absent. `embeddings`: word embeddings alone, as a BiGRU reads them. */
  readonly model_type?: ModelType | "embeddings";
  readonly vocab_size: number;
  /** Width of the embeddings; where it differs from `hidden_size` a projection follows them. */
  readonly embedding_size: number;
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  /** Width of the feed-forward layer between its two matrices. */
  readonly intermediate_size: number;
  readonly hidden_act: (typeof HIDDEN_ACTIVATIONS)[number];
  readonly max_position_embeddings: number;
  readonly type_vocab_size: number;
  readonly layer_norm_eps: number;
  /** What a text classifier's scores are, where they are not the logits of labels that exclude each other. */
  readonly problem_type?: ProblemType;
  /** `absolute` where absent. */
  readonly position_embedding_type?: (typeof POSITION_EMBEDDING_TYPES)[number];
  /** Whether rotary embeddings turn the values too. */
  readonly rotary_value?: boolean;
}

export type ProblemType = (typeof PROBLEM_TYPES)[number];

const PROBLEM_TYPES = ["multi_label_classification", "regression"] as const;

export const isRotary = (config: ElectraConfig): boolean => config.position_embedding_type === "rotary";

/** Bidirectional recurrent layers between encoder and head, told as in `torch.nn.GRU`. */
export interface GruConfig {
  /** Of one direction: the head reads twice as many values. */
  readonly hidden_size: number;
  readonly num_layers: number;
}

/** The family whose names a checkpoint's tensors have; ELECTRA's for word embeddings alone. */
export const familyOf = ({ model_type = "electra" }: ElectraConfig): ModelType =>
  model_type === "embeddings" ? "electra" : model_type;

/** Whether a model looks its tokens up, and has nothing else before its recurrent layer. */
export const hasWordsAlone = (config: ElectraConfig): boolean => config.model_type === "embeddings";

/** What a model was trained to do, by the name of the pipeline that runs it. */
export type Task =
  | "token-classification"
  | "text-classification"
  | "multiple-choice"
  | "question-answering"
  | "fill-mask"
  | "replaced-token-detection"
  | "feature-extraction";

export const TASKS: readonly Task[] = [
  "token-classification",
  "text-classification",
  "multiple-choice",
  "question-answering",
  "fill-mask",
  "replaced-token-detection",
  "feature-extraction",
];

/** Which tokens carry a label in a CRF: all but `[CLS]` and `[SEP]`, the first piece of each word, or every one. */
export type CrfTokens = "characters" | "first-piece" | "all";

export const CRF_TOKENS: readonly CrfTokens[] = ["characters", "first-piece", "all"];

const SIZE_LIMITS = {
  vocab_size: 1_000_000,
  embedding_size: 8192,
  hidden_size: 8192,
  num_hidden_layers: 128,
  num_layers: 16,
  num_attention_heads: 256,
  intermediate_size: 65_536,
  max_position_embeddings: 65_536,
  type_vocab_size: 64,
} as const;

/**
 * Checks a config that came from a file.
 *
 * @param json the parsed `config.json`, or the model file's `config` entry
 * @param source named in errors
 * @throws {ModelFileError} `config-malformed`, naming the field, what was expected and what came
 */
export function parseConfig(json: unknown, source: string): ElectraConfig {
  const fail = (detail: string): never => {
    throw new ModelFileError("config-malformed", source, `config: ${detail}`);
  };
  const fields = fieldsOf(json, fail);
  const size = (name: keyof typeof SIZE_LIMITS) => sizeOf(fields, name, fail);

  if (fields["model_type"] === "embeddings") {
    return embeddingsConfig(size("vocab_size"), size("embedding_size"), size("max_position_embeddings"));
  }

  /** The first where absent. */
  const oneOf = <T>(name: string, values: readonly T[]): T => {
    const value = fields[name] ?? values[0];
    if (values.includes(value as T)) return value as T;
    return fail(
      `"${name}" must be ${values.map((one) => JSON.stringify(one)).join(" or ")}, not ${JSON.stringify(value)}`,
    );
  };
  const modelType = oneOf("model_type", MODEL_TYPES);
  const rotary = oneOf("position_embedding_type", POSITION_EMBEDDING_TYPES) === "rotary";

  const config: ElectraConfig = {
    ...(modelType === "electra" ? {} : { model_type: modelType }),
    vocab_size: size("vocab_size"),
    embedding_size: size("embedding_size"),
    hidden_size: size("hidden_size"),
    num_hidden_layers: size("num_hidden_layers"),
    num_attention_heads: size("num_attention_heads"),
    intermediate_size: size("intermediate_size"),
    hidden_act: oneOf("hidden_act", HIDDEN_ACTIVATIONS),
    max_position_embeddings: size("max_position_embeddings"),
    type_vocab_size: size("type_vocab_size"),
    layer_norm_eps: (fields["layer_norm_eps"] ?? 1e-12) as number,
    ...(rotary && { position_embedding_type: "rotary" }),
    ...(rotary && oneOf("rotary_value", [false, true]) && { rotary_value: true }),
  };
  if (config.hidden_size % config.num_attention_heads !== 0) {
    fail(
      `"hidden_size" ${config.hidden_size} does not divide into ${config.num_attention_heads} attention heads`,
    );
  }
  if (!(config.layer_norm_eps >= 0 && config.layer_norm_eps < 1)) {
    fail(`"layer_norm_eps" must be a number from 0 to 1, not ${JSON.stringify(config.layer_norm_eps)}`);
  }
  if (rotary && (config.hidden_size / config.num_attention_heads) % 2 !== 0) {
    fail("rotary position embeddings turn pairs: heads must be even in size");
  }
  const problem = fields["problem_type"] ?? "single_label_classification";
  if (problem === "single_label_classification") return config;
  if (!PROBLEM_TYPES.includes(problem as ProblemType)) {
    const known = PROBLEM_TYPES.join(", ");
    fail(`"problem_type" must be single_label_classification, ${known}, not ${JSON.stringify(problem)}`);
  }
  return { ...config, problem_type: problem as ProblemType };
}

/** An encoder that is a table: what is said of layers stands for none. @param tokens the most that a text may have */
function embeddingsConfig(vocab_size: number, embedding_size: number, tokens: number): ElectraConfig {
  return {
    model_type: "embeddings",
    vocab_size,
    embedding_size,
    hidden_size: embedding_size,
    num_hidden_layers: 0,
    num_attention_heads: 1,
    intermediate_size: 1,
    hidden_act: "gelu",
    max_position_embeddings: tokens,
    type_vocab_size: 1,
    layer_norm_eps: 0,
  };
}

/**
 * Checks the model file's `gru` entry.
 *
 * @throws {ModelFileError} `config-malformed`
 */
export function parseGruConfig(json: unknown, source: string): GruConfig {
  const fail = (detail: string): never => {
    throw new ModelFileError("config-malformed", source, `gru: ${detail}`);
  };
  const fields = fieldsOf(json, fail);
  return {
    hidden_size: sizeOf(fields, "hidden_size", fail),
    num_layers: sizeOf(fields, "num_layers", fail),
  };
}

type Fail = (detail: string) => never;

function fieldsOf(json: unknown, fail: Fail): Readonly<Record<string, unknown>> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return fail("expected a JSON object");
  return json as Record<string, unknown>;
}

function sizeOf(
  fields: Readonly<Record<string, unknown>>,
  name: keyof typeof SIZE_LIMITS,
  fail: Fail,
): number {
  const value = fields[name];
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= SIZE_LIMITS[name]) {
    return value as number;
  }
  return fail(`"${name}" must be an integer from 1 to ${SIZE_LIMITS[name]}, not ${JSON.stringify(value)}`);
}
