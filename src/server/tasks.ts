import type { Task } from "../model/config.ts";
import { AGGREGATION_STRATEGIES } from "../pipelines/aggregate.ts";

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
  textsOf(input: unknown): readonly string[];
}

const TEXT = { type: "string" };
const SCORE = { type: "number", minimum: 0, maximum: 1 };
const OFFSET = { type: "integer", minimum: 0, description: "UTF-16 offset in the given text" };

/** What the pipelines take and give, for those whose models can be served. */
export const SERVED_TASKS: { readonly [task in Task]?: ServedTask } = {
  "token-classification": {
    summary: "Find the entities in texts",
    input: TEXT,
    parameters: {
      aggregation_strategy: { enum: AGGREGATION_STRATEGIES, default: "simple" },
      ignore_labels: { type: "array", items: TEXT, default: ["O"] },
    },
    output: {
      type: "array",
      items: {
        type: "object",
        required: ["score", "word", "start", "end"],
        properties: {
          entity_group: { ...TEXT, description: "the entity's type" },
          entity: { ...TEXT, description: "the token's label, with aggregation_strategy none" },
          index: { type: "integer", description: "the token's place, with aggregation_strategy none" },
          score: SCORE,
          word: TEXT,
          start: OFFSET,
          end: OFFSET,
        },
      },
    },
    textsOf: (text) => [text as string],
  },
};
