import { MODEL_TYPES, type ModelType, type Task } from "../model/config.ts";

/** How the checkpoints of a family differ from ELECTRA's. */
export interface Family {
  /** What its architectures' names begin with. */
  readonly name: string;
  /** What transformers takes for a field that its config lacks. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Heads that are called otherwise, by how their names begin, after {@link ENCODER}'s prefix is gone. */
  readonly heads: Readonly<Record<string, string>>;
  /** The same, of a task alone. */
  readonly headsOf?: { readonly [T in Task]?: Readonly<Record<string, string>> };
}

const BASE = {
  vocab_size: 30522,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  hidden_act: "gelu",
  max_position_embeddings: 512,
  type_vocab_size: 2,
  layer_norm_eps: 1e-12,
};

/** BERT's own names for what ELECTRA calls its generator's head. */
const PREDICTIONS = {
  "cls.predictions.transform.": "generator_predictions.",
  "cls.predictions.decoder.": "generator_lm_head.",
  "cls.predictions.bias": "generator_lm_head.bias",
};

const CHOICES = { "pooler.dense.": "sequence_summary.summary." };

const POOLER = {
  "text-classification": { "pooler.dense.": "classifier.dense.", "classifier.": "classifier.out_proj." },
  "multiple-choice": CHOICES,
};

export const FAMILIES: Readonly<Record<ModelType, Family>> = {
  electra: {
    name: "Electra",
    defaults: {
      ...BASE,
      embedding_size: 128,
      hidden_size: 256,
      num_attention_heads: 4,
      intermediate_size: 1024,
    },
    heads: {},
  },
  bert: { name: "Bert", defaults: BASE, heads: PREDICTIONS, headsOf: POOLER },
  roberta: {
    name: "Roberta",
    defaults: { ...BASE, vocab_size: 50265, pad_token_id: 1 },
    heads: {
      "lm_head.dense.": "generator_predictions.dense.",
      "lm_head.layer_norm.": "generator_predictions.LayerNorm.",
      "lm_head.decoder.": "generator_lm_head.",
      "lm_head.bias": "generator_lm_head.bias",
    },
    headsOf: { "multiple-choice": CHOICES },
  },
  ernie: { name: "Ernie", defaults: BASE, heads: PREDICTIONS, headsOf: POOLER },
  roformer: {
    name: "RoFormer",
    defaults: { ...BASE, vocab_size: 50000, max_position_embeddings: 1536 },
    heads: PREDICTIONS,
  },
};

/** What an architecture's name ends in, by what its model was trained to do. */
const TASKS: Readonly<Record<string, Task>> = {
  ForTokenClassification: "token-classification",
  ForSequenceClassification: "text-classification",
  ForQuestionAnswering: "question-answering",
  ForMaskedLM: "fill-mask",
  Model: "feature-extraction",
};

export interface Architecture {
  readonly modelType: ModelType;
  readonly task: Task;
}

/**
 * By Hugging Face's names. `ForPreTraining` is ELECTRA's discriminator, and elsewhere a masked language model beside a
 * predictor of the next sentence, which is left out.
 */
export const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map(
  MODEL_TYPES.flatMap((modelType) => {
    const preTraining: Task = modelType === "electra" ? "replaced-token-detection" : "fill-mask";
    const preTrained = modelType === "electra" || modelType === "bert" || modelType === "ernie";
    const tasks: Readonly<Record<string, Task>> = {
      ...TASKS,
      ...(preTrained && { ForPreTraining: preTraining }),
      // RoFormer's goes by a text's last position, which is padding where another is longer.
      ...(modelType !== "roformer" && { ForMultipleChoice: "multiple-choice" }),
    };
    return Object.entries(tasks).map(([ending, task]): [string, Architecture] => [
      FAMILIES[modelType].name + ending,
      { modelType, task },
    ]);
  }),
);
