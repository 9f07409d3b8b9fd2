import { parseClassification } from "../../data/classification.ts";
import { type LabelledUnits, readDataset } from "../../data/index.ts";
import { readTextFile } from "../../data/text-file.ts";
import { unitsOfSpans } from "../../data/units-of-spans.ts";

/** What a file of texts may be: plain, labelled by character or word, or labelled as a whole. */
export const TEXT_FORMS = ["text", "labelled", "tsv"] as const;
export type TextForm = (typeof TEXT_FORMS)[number];

/**
 * Labelled texts; one that is labelled as a whole has a single unit.
 *
 * @throws {DataError} as the readers of `src/data` do
 */
export async function readLabelledTexts(
  file: string,
  form: Exclude<TextForm, "text">,
): Promise<readonly LabelledUnits[]> {
  if (form === "tsv") {
    return parseClassification(await readTextFile(file), file).map(({ text, line, label }) => ({
      text,
      line,
      units: [{ start: 0, end: text.length }],
      labels: [label],
    }));
  }
  const dataset = await readDataset(file);
  return dataset.form === "cluener" ? dataset.examples.map(unitsOfSpans) : dataset.examples;
}

/** The texts alone; plain ones stand one a line. */
export async function readTexts(file: string, form: TextForm): Promise<string[]> {
  if (form === "text") return (await readTextFile(file)).split(/\r?\n/u);
  return (await readLabelledTexts(file, form)).map(({ text }) => text);
}
