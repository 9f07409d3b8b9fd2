import type { LabelledUnits } from "../data/dataset.ts";
import { DataError } from "../errors.ts";

/** The label of a token that counts for nothing, as in Hugging Face. */
export const IGNORED_LABEL = -100;

/** All labels of some texts, `O` first, then in alphabetical order. */
export function labelsOf(texts: readonly LabelledUnits[]): string[] {
  const labels = new Set(texts.flatMap(({ labels }) => labels));
  const others = [...labels].filter((label) => label !== "O").sort();
  return labels.has("O") ? ["O", ...others] : others;
}

/** @throws {DataError} naming the line of the first label that isn't among those known */
export function assertLabels(texts: readonly LabelledUnits[], known: readonly string[], file: string): void {
  const names = new Set(known);
  for (const { labels, line } of texts) {
    const stranger = labels.find((label) => !names.has(label));
    if (stranger === undefined) continue;
    throw new DataError(file, line, `the label "${stranger}" is unknown; known are ${known.join(", ")}`);
  }
}
