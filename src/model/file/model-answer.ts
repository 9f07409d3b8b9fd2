import { ModelFileError } from "../../errors.ts";
import type { ElectraConfig } from "../config.ts";

/** What of a model is compared: its encoder, its head, and what a tagger makes of emissions that are given. */
export const ANSWER_PARTS = ["hidden", "scores", "tagging"] as const;

export type AnswerPart = (typeof ANSWER_PARTS)[number];

/** One short sequence. */
export interface KnownInput {
  readonly input_ids: readonly number[];
  readonly token_type_ids: readonly number[];
}

/** A short input, and what a model makes of it, each part as a sketch; `docs/format.md` describes them. */
export interface ModelAnswer extends KnownInput, Readonly<Partial<Record<AnswerPart, readonly number[]>>> {
  /** One number, of quantized models: what relaxed kernels, whose activations have 7 bits, may differ by. */
  readonly tolerance?: readonly number[] | undefined;
}

const TOKEN_LIMIT = 64;

/** How many numbers a part has at most. */
const PART_LIMIT = 22;

/**
 * Checks the model file's `known_answer` entry.
 *
 * @throws {ModelFileError} `metadata-malformed`
 */
export function parseModelAnswer(json: unknown, config: ElectraConfig, source: string): ModelAnswer {
  const answer = json as ModelAnswer | null;
  const numbers = (
    name: keyof ModelAnswer,
    most = PART_LIMIT,
    isOne: (value: number) => boolean = Number.isFinite,
  ) => {
    const list: unknown = answer?.[name];
    if (Array.isArray(list) && list.length > 0 && list.length <= most && list.every(isOne)) return list;
    const detail = `"known_answer": "${name}" must be 1 to ${most} numbers`;
    throw new ModelFileError("metadata-malformed", source, detail);
  };
  const below = (limit: number) => (id: number) => Number.isInteger(id) && id >= 0 && id < limit;
  const input_ids = numbers(
    "input_ids",
    Math.min(TOKEN_LIMIT, config.max_position_embeddings),
    below(config.vocab_size),
  );
  const optional = (...entry: Parameters<typeof numbers>) =>
    answer?.[entry[0]] && { [entry[0]]: numbers(...entry) };
  return {
    input_ids,
    token_type_ids: numbers("token_type_ids", input_ids.length, below(config.type_vocab_size)),
    hidden: numbers("hidden"),
    ...optional("scores"),
    ...optional("tagging"),
    ...optional("tolerance", 1, (share) => share > 0 && share <= 1),
  };
}
