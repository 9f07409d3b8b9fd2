import { DataError } from "../errors.ts";
import { parseJson, shown } from "./json.ts";

/** A question about a text. */
export interface Question {
  readonly question: string;
  readonly context: string;
  /** Any of them is right; none where the text has no answer. */
  readonly answers: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads questions with their answers: JSON in the form of SQuAD (1.1 and 2.0, which CMRC 2018 also comes in), or in CMRC's
 * own, a list of texts with `context_text` and `qas`.
 *
 * @throws {DataError} naming the place in the file, what was expected and what came
 */
export function parseQuestions(content: string, file: string): Question[] {
  const fail = (place: string, expected: string, came: unknown): never => {
    throw new DataError(file, undefined, `${place} must be ${expected}, not ${shown(came)}`);
  };
  const listOf = (value: unknown, place: string): readonly unknown[] =>
    Array.isArray(value) ? value : fail(place, "an array", value);
  const objectOf = (value: unknown, place: string): Json =>
    typeof value === "object" && value !== null ? (value as Json) : fail(place, "an object", value);
  const textOf = (value: unknown, place: string): string =>
    typeof value === "string" ? value : fail(place, "a string", value);

  const json = parseJson(content.replace(/^\uFEFF/u, ""), (detail) => {
    throw new DataError(file, undefined, detail);
  });
  const questions: Question[] = [];
  const read = (value: unknown, place: string): void => {
    const passage = objectOf(value, place);
    const context = textOf(passage["context"] ?? passage["context_text"], `${place}.context`);
    for (const [i, each] of listOf(passage["qas"], `${place}.qas`).entries()) {
      const at = `${place}.qas[${i}]`;
      const asked = objectOf(each, at);
      const answers = listOf(asked["answers"], `${at}.answers`).map((answer, k) =>
        textOf(
          typeof answer === "string" ? answer : objectOf(answer, `${at}.answers[${k}]`)["text"],
          `${at}.answers[${k}]`,
        ),
      );
      const question = textOf(asked["question"] ?? asked["query_text"], `${at}.question`);
      questions.push({ question, context, answers: asked["is_impossible"] === true ? [] : answers });
    }
  };
  if (Array.isArray(json)) {
    for (const [i, passage] of json.entries()) read(passage, `[${i}]`);
  } else {
    for (const [i, article] of listOf(objectOf(json, "the file")["data"], "data").entries()) {
      const paragraphs = listOf(objectOf(article, `data[${i}]`)["paragraphs"], `data[${i}].paragraphs`);
      for (const [k, passage] of paragraphs.entries()) read(passage, `data[${i}].paragraphs[${k}]`);
    }
  }
  if (questions.length === 0) throw new DataError(file, undefined, "holds no question");
  return questions;
}
