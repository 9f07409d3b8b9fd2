import type { Dataset } from "./dataset.ts";
import { parseDataset } from "./parse-dataset.ts";
import { readTextFile } from "./text-file.ts";

export type {
  AnnotatedText,
  Dataset,
  DatasetForm,
  LabelledSpan,
  LabelledUnits,
  TextRange,
} from "./dataset.ts";
export { parseDataset } from "./parse-dataset.ts";

/**
 * Reads a data set from a file of UTF-8; see {@link parseDataset}.
 *
 * @throws {DataError} also where the file can't be read or isn't UTF-8
 */
export async function readDataset(file: string): Promise<Dataset> {
  return parseDataset(await readTextFile(file), file);
}
