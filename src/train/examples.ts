import type { LabelledUnits } from "../data/dataset.ts";
import { DataError } from "../errors.ts";
import type { CrfTokens } from "../model/config.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { assertLabels, IGNORED_LABEL } from "./labels.ts";
import type { Example } from "./trainee.ts";

/** A text to learn from or to be judged by, with what leads back from its tokens to it. */
export interface TextExample extends Example {
  readonly text: string;
  /** The line of the file, counted from 1. */
  readonly line: number;
  /** UTF-16 offsets in the text of the tokens that carry a label. */
  readonly start: Int32Array;
  readonly end: Int32Array;
}

/** What turns texts into examples. */
export interface ExampleForm {
  readonly tokenizer: Tokenizer;
  readonly labels: readonly string[];
  readonly maxTokens: number;
}

/** The most of all tokens that a vocabulary may lack. */
const UNKNOWN_LIMIT = 1 / 3;

/**
 * Labels every token that begins a unit with the unit's label; the unit's later tokens carry none.
 *
 * @param file named in errors
 * @throws {DataError} for a label that isn't among the form's, a text of too many tokens, or a vocabulary that lacks more
 *   than a third of the tokens
 */
export function tokenExamples(
  texts: readonly LabelledUnits[],
  { tokenizer, labels, maxTokens }: ExampleForm,
  file: string,
): TextExample[] {
  assertLabels(texts, labels, file);
  const ids = new Map(labels.map((label, id) => [label, id]));
  const examples = texts.map(({ text, line, units, labels }): TextExample => {
    const { ids: inputIds, start, end } = tokenizer.encode(text);
    assertLength(inputIds, maxTokens, file, line);
    const tokenLabels = new Int32Array(inputIds.length).fill(IGNORED_LABEL);
    const carrying: number[] = [];
    let unit = 0;
    for (let token = 1; token + 1 < inputIds.length; token++) {
      while (unit < units.length && units[unit]!.end <= start[token]!) unit++;
      if (unit === units.length || end[token]! <= units[unit]!.start) continue;
      tokenLabels[token] = ids.get(labels[unit]!)!;
      carrying.push(token);
      unit++;
    }
    const of = (offsets: Int32Array) => Int32Array.from(carrying, (token) => offsets[token]!);
    return { text, line, inputIds, labels: tokenLabels, start: of(start), end: of(end) };
  });
  assertKnown(examples, tokenizer, file);
  return examples.filter(({ start }) => start.length > 0);
}

/** Which tokens a CRF covers that learns from these examples: all of them, unless units have several. */
export function crfTokensOf(examples: readonly TextExample[]): CrfTokens {
  const several = examples.some(({ inputIds, start }) => start.length < inputIds.length - 2);
  return several ? "first-piece" : "characters";
}

/** @throws {DataError} for a text of more tokens than the model has positions */
export function assertLength(inputIds: Int32Array, maxTokens: number, file: string, line: number): void {
  if (inputIds.length <= maxTokens) return;
  const detail = `the text takes ${inputIds.length} tokens, [CLS] and [SEP] included; the model takes ${maxTokens}`;
  throw new DataError(file, line, detail);
}

/** @throws {DataError} for a vocabulary that lacks more than a third of the tokens */
export function assertKnown(
  examples: readonly Pick<TextExample, "inputIds" | "line">[],
  { config }: Tokenizer,
  file: string,
): void {
  const unknownId = config.vocab.indexOf(config.unk_token);
  const around = new Set([config.cls_token, config.sep_token].map((token) => config.vocab.indexOf(token)));
  let tokens = 0;
  let unknown = 0;
  let firstLine: number | undefined;
  for (const { inputIds, line } of examples) {
    const here = inputIds.filter((id) => id === unknownId).length;
    tokens += inputIds.filter((id) => !around.has(id)).length;
    unknown += here;
    if (here > 0) firstLine ??= line;
  }
  if (unknown <= tokens * UNKNOWN_LIMIT) return;
  const share = Math.round((100 * unknown) / tokens);
  throw new DataError(file, firstLine, `the vocabulary lacks ${share} % of the text's tokens`);
}
