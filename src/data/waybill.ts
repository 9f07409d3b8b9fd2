import { DataError } from "../errors.ts";
import type { LabelledUnits } from "./dataset.ts";
import { assertLabel, joinUnits } from "./units.ts";

export const WAYBILL_HEADER = "text_a\tlabel";

const SEPARATOR = "\x02";

/**
 * Reads PaddleNLP's express-waybill form: a header line, then a text and its labels a line, a tab between the two,
 * and within each U+0002 between the characters.
 *
 * @param lines the file's lines, the header first
 * @param file named in errors
 * @throws {DataError} naming the line
 */
export function parseWaybill(lines: readonly string[], file: string): LabelledUnits[] {
  const examples: LabelledUnits[] = [];
  for (const [index, content] of lines.entries()) {
    if (index === 0 || content === "") continue;
    const line = index + 1;
    const columns = content.split("\t");
    if (columns.length !== 2) {
      throw new DataError(
        file,
        line,
        `expected a text, a tab and its labels, found ${columns.length} columns`,
      );
    }
    const [units, labels] = columns.map((column) => column.split(SEPARATOR)) as [string[], string[]];
    if (units.length !== labels.length) {
      throw new DataError(file, line, `${units.length} characters have ${labels.length} labels`);
    }
    const empty = units.indexOf("");
    if (empty !== -1) throw new DataError(file, line, `character ${empty + 1} is empty`);
    for (const label of labels) assertLabel(label, file, line);
    examples.push(joinUnits(units, labels, "", line));
  }
  return examples;
}
