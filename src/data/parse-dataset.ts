import { DataError } from "../errors.ts";
import { parseCluener } from "./cluener.ts";
import { isColumnLine, isDocumentStart, parseColumns } from "./columns.ts";
import type { Dataset } from "./dataset.ts";
import { parseWaybill, WAYBILL_HEADER } from "./waybill.ts";

/**
 * Reads a data set of labelled texts in any of four forms, recognised by the first line that isn't blank:
 *
 * - `waybill`: PaddleNLP's express waybills, known by the header `text_a<TAB>label`;
 * - `cluener`: JSON lines, known by the opening `{"`;
 * - `conll` and `bmes`: columns, known by a label in the last one; told apart by the labels of the whole file.
 *
 * @param content the file's text; a byte-order mark and CRLF are fine
 * @param file named in errors
 * @throws {DataError} where the form isn't known, a line breaks it, or there is no example
 */
export function parseDataset(content: string, file: string): Dataset {
  const lines = content.replace(/^\uFEFF/u, "").split(/\r?\n/u);
  const dataset = parseLines(lines, file);
  if (dataset.examples.length === 0) throw new DataError(file, undefined, "holds no example");
  return dataset;
}

function parseLines(lines: readonly string[], file: string): Dataset {
  if (lines[0] === WAYBILL_HEADER) return { form: "waybill", examples: parseWaybill(lines, file) };
  const first = lines.findIndex((line) => line.trim() !== "" && !isDocumentStart(line));
  if (first === -1) throw new DataError(file, undefined, "holds no example");
  const line = lines[first]!;
  if (/^\s*\{\s*"/u.test(line)) return { form: "cluener", examples: parseCluener(lines, file) };
  if (isColumnLine(line)) return parseColumns(lines, file);
  throw new DataError(
    file,
    first + 1,
    'not a form that is known: expected the header "text_a<TAB>label", a JSON object, ' +
      "or a character or word and its label in columns",
  );
}
