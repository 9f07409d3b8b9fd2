import { DataError } from "../errors.ts";

/** A text that carries one label. */
export interface LabelledSentence {
  readonly text: string;
  /** The line of the file, counted from 1. */
  readonly line: number;
  readonly label: string;
}

const HEADER = "sentence\tlabel";

/**
 * Reads sentences with their labels: TSV of two columns, with or without the header `sentence<TAB>label`.
 *
 * @throws {DataError} for a line of more or fewer columns, an empty field, or a file without an example
 */
export function parseClassification(content: string, file: string): LabelledSentence[] {
  const examples: LabelledSentence[] = [];
  for (const [index, row] of content
    .replace(/^\uFEFF/u, "")
    .split(/\r?\n/u)
    .entries()) {
    if (row.trim() === "" || (index === 0 && row === HEADER)) continue;
    const columns = row.split("\t");
    const [text, label] = columns as [string, string];
    if (columns.length !== 2 || text.trim() === "" || label.trim() === "") {
      const detail = `expected a sentence, a tab and a label, but found ${columns.length} columns`;
      throw new DataError(file, index + 1, columns.length === 2 ? "a field is empty" : detail);
    }
    examples.push({ text, line: index + 1, label });
  }
  if (examples.length === 0) throw new DataError(file, undefined, "holds no example");
  return examples;
}
