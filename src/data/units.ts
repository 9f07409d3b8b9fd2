import { DataError } from "../errors.ts";
import type { LabelledUnits, TextRange } from "./dataset.ts";

/** Joins labelled units into one text and notes where each came to lie. */
export function joinUnits(
  units: readonly string[],
  labels: readonly string[],
  separator: "" | " ",
  line: number,
): LabelledUnits {
  const ranges: TextRange[] = [];
  let at = 0;
  for (const unit of units) {
    ranges.push({ start: at, end: at + unit.length });
    at += unit.length + separator.length;
  }
  return { text: units.join(separator), line, units: ranges, labels };
}

const LABEL = /^(?:O|[BIMES]-.+|.+-[BIMES])$/su;

/** Whether a column holds labels: `O`, or a type after (`B-PER`) or before (`PER-B`) one of the letters B I M E S. */
export function isLabel(text: string): boolean {
  return LABEL.test(text);
}

/** @throws {DataError} where `label` is none */
export function assertLabel(label: string, file: string, line: number): void {
  if (isLabel(label)) return;
  throw new DataError(
    file,
    line,
    `${JSON.stringify(label)} is not a label; expected "O", or one of B, I, M, E, S joined to a type by "-"`,
  );
}
