import type { Task } from "../model/config.ts";
import type { FeatureTensor } from "../pipelines/feature-extraction.ts";
import type { MultipleChoiceInput } from "../pipelines/multiple-choice.ts";
import type { QuestionInput } from "../pipelines/question-answering.ts";
import { AGGREGATION_STRATEGIES } from "../pipelines/tagging/aggregate.ts";
import type { TextPair } from "../pipelines/text-classification.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** A task as the server offers it. */
export interface ServedTask {
  readonly summary: string;
  /** Of one input; a request holds one or an array of them. */
  readonly input: JsonSchema;
  /** Of each parameter, by the pipeline option that it is. */
  readonly parameters: Readonly<Record<string, JsonSchema>>;
  /** Of one input's result. */
  readonly output: JsonSchema;
  /** The texts that an input holds, whose lengths are limited and counted. */
  textsOf(input: never): readonly string[];
  /**
   * What a pipeline's call with an array gives, as results of one input each that JSON can hold. By default it is that
   * already.
   */
  separate?(joined: never): readonly unknown[];
}

const TEXT = { type: "string" };
const NUMBER = { type: "number" };
const FLAG = { type: "boolean" };
const SCORE = { type: "number", minimum: 0, maximum: 1 };
const COUNT = { type: "integer", minimum: 1 };
const OFFSET = { type: "integer", minimum: 0, description: "UTF-16 offset in the given text" };
const SPAN = { score: SCORE, word: TEXT, start: OFFSET, end: OFFSET };

const object = (properties: Readonly<Record<string, JsonSchema>>, optional: readonly string[] = []) => ({
  type: "object",
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
});
const input = (...given: Parameters<typeof object>) => ({ ...object(...given), additionalProperties: false });
const arrayOf = (items: JsonSchema) => ({ type: "array", items });
const oneOrMore = (items: JsonSchema) => ({ anyOf: [items, arrayOf(items)] });

const ENTITIES = arrayOf(
  object(
    {
      entity_group: { ...TEXT, description: "the entity's type" },
      entity: { ...TEXT, description: "the token's label, with aggregation_strategy none" },
      index: { type: "integer", description: "the token's place, with aggregation_strategy none" },
      ...SPAN,
    },
    ["entity_group", "entity", "index"],
  ),
);

export const SERVED_TASKS: { readonly [T in Task]: ServedTask } = {
  "token-classification": {
    summary: "Find the entities in texts",
    input: TEXT,
    parameters: {
      aggregation_strategy: { enum: AGGREGATION_STRATEGIES, default: "simple" },
      ignore_labels: { ...arrayOf(TEXT), default: ["O"] },
      constraints: { type: "object", description: "what the labels must keep to" },
      n_best: { ...COUNT, maximum: 100, description: "this many readings of the text, the likeliest first" },
    },
    output: {
      anyOf: [
        ENTITIES,
        arrayOf(object({ score: SCORE, log_likelihood: NUMBER, labels: arrayOf(TEXT), entities: ENTITIES })),
      ],
    },
    textsOf: (text: string) => [text],
  },
  "text-classification": {
    summary: "Say what texts, or pairs of texts, are",
    input: { anyOf: [TEXT, input({ text: TEXT, text_pair: TEXT }, ["text_pair"])] },
    parameters: {
      top_k: { anyOf: [COUNT, { type: "null" }], default: 1 },
      function_to_apply: { enum: ["softmax", "sigmoid", "none"] },
    },
    output: arrayOf(object({ label: TEXT, score: NUMBER })),
    textsOf: (given: string | TextPair) =>
      typeof given === "string" ? [given] : [given.text, given.text_pair ?? ""],
    // With one label each the pipeline leaves the lists out.
    separate: (joined: readonly unknown[]) => joined.map((labels) => [labels].flat()),
  },
  "multiple-choice": {
    summary: "Rank the choices that contexts leave",
    input: input({ context: TEXT, choices: { ...arrayOf(TEXT), minItems: 1, maxItems: 100 } }),
    parameters: {},
    output: arrayOf(object({ choice: TEXT, index: { type: "integer" }, score: SCORE })),
    textsOf: ({ context, choices }: MultipleChoiceInput) => choices.flatMap((choice) => [context, choice]),
  },
  "question-answering": {
    summary: "Answer questions by a stretch of their contexts",
    input: input({ question: TEXT, context: TEXT }),
    parameters: {
      top_k: { ...COUNT, default: 1 },
      handle_impossible_answer: { ...FLAG, default: false },
      max_answer_len: { ...COUNT, default: 15 },
      max_seq_len: COUNT,
      doc_stride: COUNT,
    },
    output: oneOrMore(object({ score: SCORE, start: OFFSET, end: OFFSET, answer: TEXT })),
    textsOf: ({ question, context }: QuestionInput) => [question, context],
  },
  "fill-mask": {
    summary: "Fill the masks in texts",
    input: TEXT,
    parameters: { top_k: { ...COUNT, default: 5 }, targets: oneOrMore(TEXT) },
    output: arrayOf(
      oneOrMore(object({ score: SCORE, token: { type: "integer" }, token_str: TEXT, sequence: TEXT })),
    ),
    textsOf: (text: string) => [text],
  },
  "replaced-token-detection": {
    summary: "Say how likely each token of texts was replaced",
    input: TEXT,
    parameters: { threshold: { ...SCORE, default: 0 } },
    output: arrayOf(object({ ...SPAN, index: { type: "integer" } })),
    textsOf: (text: string) => [text],
  },
  "feature-extraction": {
    summary: "Turn texts into vectors",
    input: TEXT,
    parameters: {
      pooling: { enum: ["none", "cls", "mean"], default: "none" },
      normalize: { ...FLAG, default: false },
    },
    output: {
      description: "a vector where they are pooled, else one for each token",
      ...arrayOf({ anyOf: [NUMBER, arrayOf(NUMBER)] }),
    },
    textsOf: (text: string) => [text],
    separate: (joined: FeatureTensor | readonly FeatureTensor[]) =>
      "dims" in joined ? rowsOf(joined) : joined.map(rowsOf),
  },
};

/** A matrix, or one that is alone in its batch, as the arrays of its rows. */
function rowsOf({ dims, data }: FeatureTensor): number[][] {
  const width = dims.at(-1)!;
  return Array.from({ length: data.length / width }, (_, row) =>
    Array.from(data.subarray(row * width, (row + 1) * width)),
  );
}
