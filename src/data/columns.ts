import { DataError } from "../errors.ts";
import type { LabelledUnits } from "./dataset.ts";
import { assertLabel, isLabel, joinUnits } from "./units.ts";

const DOCUMENT_START = "-DOCSTART-";

/** Splits at tabs where there are any, else at spaces. A unit may itself be a space: `" \tO"`, `"  O"`. */
function splitColumns(line: string): string[] {
  if (line.includes("\t")) return line.split("\t");
  const columns = line.trim().split(/ +/u);
  if (columns.length > 2) return columns;
  const label = line.trimEnd().lastIndexOf(" ");
  if (label === -1) return columns;
  const unit = line.slice(0, label);
  return [unit.trim() || unit.slice(0, 1) || " ", line.slice(label + 1).trimEnd()];
}

/** Whether a line could belong to a file of columns: at least a unit and, last, a label. */
export function isColumnLine(line: string): boolean {
  const columns = splitColumns(line);
  return columns.length >= 2 && isLabel(columns.at(-1)!);
}

export function isDocumentStart(line: string): boolean {
  return line.startsWith(DOCUMENT_START);
}

interface Sentence {
  readonly line: number;
  readonly units: string[];
  readonly labels: string[];
}

function readSentences(lines: readonly string[], file: string): Sentence[] {
  const sentences: Sentence[] = [];
  let open: Sentence | undefined;
  let width: number | undefined;
  for (const [index, content] of lines.entries()) {
    const line = index + 1;
    if (content.trim() === "" || isDocumentStart(content)) {
      open = undefined;
      continue;
    }
    const columns = splitColumns(content);
    width ??= columns.length;
    if (columns.length !== width || width < 2) {
      throw new DataError(file, line, `expected ${Math.max(width, 2)} columns, found ${columns.length}`);
    }
    const unit = columns[0]!;
    const label = columns.at(-1)!;
    if (unit === "") throw new DataError(file, line, "expected a character or word before the label");
    assertLabel(label, file, line);
    if (open === undefined) {
      open = { line, units: [], labels: [] };
      sentences.push(open);
    }
    open.units.push(unit);
    open.labels.push(label);
  }
  return sentences;
}

const UNSPACED_SCRIPTS = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+$/u;

/** Whether a unit looks as if cut from a script that puts no spaces between its words. */
function isUnspaced(unit: string): boolean {
  return [...unit].length === 1 || UNSPACED_SCRIPTS.test(unit);
}

function separatorOf(sentences: readonly Sentence[]): "" | " " {
  let units = 0;
  let unspaced = 0;
  for (const sentence of sentences) {
    units += sentence.units.length;
    for (const unit of sentence.units) if (isUnspaced(unit)) unspaced++;
  }
  return unspaced * 2 > units ? "" : " ";
}

const hasPrefix = (label: string, letter: string) =>
  label.startsWith(`${letter}-`) || label.endsWith(`-${letter}`);

/**
 * Reads one character or word a line with its label in the last column, tabs or spaces between the columns and a
 * blank line between sentences. Lines that start with `-DOCSTART-` end a sentence too.
 *
 * Where most of the file's units are single characters or written in Chinese or Japanese, a sentence's units are
 * joined with nothing; otherwise they are words, joined by one space.
 *
 * @param file named in errors
 * @returns `bmes` where labels use M (or E and S without I), else `conll`
 * @throws {DataError} naming the line
 */
export function parseColumns(
  lines: readonly string[],
  file: string,
): { form: "conll" | "bmes"; examples: LabelledUnits[] } {
  const sentences = readSentences(lines, file);
  const separator = separatorOf(sentences);
  const distinct = new Set(sentences.flatMap((sentence) => sentence.labels));
  const uses = (letter: string) => [...distinct].some((label) => hasPrefix(label, letter));
  const form = uses("M") || (!uses("I") && (uses("E") || uses("S"))) ? "bmes" : "conll";
  return {
    form,
    examples: sentences.map(({ units, labels, line }) => joinUnits(units, labels, separator, line)),
  };
}
