import { readFile } from "node:fs/promises";
import { parseClassification } from "../data/classification.ts";
import { type LabelledUnits, readDataset } from "../data/index.ts";
import { unitsOfSpans } from "../data/units-of-spans.ts";
import { DataError } from "../errors.ts";
import type { Head } from "../train/electra-trainee.ts";

/** Labelled texts of any form that is known; a sentence with one label has it as its only one. */
export async function readTrainingData(file: string, head: Head): Promise<readonly LabelledUnits[]> {
  if (head === "sequence") {
    const content = await readFile(file, "utf8").catch((error) => {
      throw new DataError(
        file,
        undefined,
        error.code === "ENOENT" ? "no such file" : `can't be read: ${error.message}`,
      );
    });
    return parseClassification(content, file).map(({ text, line, label }) => ({
      text,
      line,
      units: [{ start: 0, end: text.length }],
      labels: [label],
    }));
  }
  const dataset = await readDataset(file);
  return dataset.form === "cluener" ? dataset.examples.map(unitsOfSpans) : dataset.examples;
}
