/** A stretch of a text, half-open: UTF-16 offsets, so that `text.slice(start, end)` is its content. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** An entity as a data set marks it. */
export interface LabelledSpan extends TextRange {
  readonly type: string;
}

/** A text whose characters or words each carry a label: `labels[i]` is that of the text at `units[i]`. */
export interface LabelledUnits {
  readonly text: string;
  /** The line of the file where this example begins, counted from 1. */
  readonly line: number;
  readonly units: readonly TextRange[];
  /** As written in the file: `B-P`, `P-B`, `O` … */
  readonly labels: readonly string[];
}

/** A text with its entities marked by offsets, in order of their start. They may overlap. */
export interface AnnotatedText {
  readonly text: string;
  /** The line of the file, counted from 1. */
  readonly line: number;
  readonly entities: readonly LabelledSpan[];
}

/**
 * A data set in one of the forms that {@link parseDataset} knows. Forms that label every unit keep their labels as
 * they are: which spans they make is a matter of label schemes (`src/text/labels.ts`), which this layer doesn't know.
 */
export type Dataset =
  | { readonly form: "waybill" | "conll" | "bmes"; readonly examples: readonly LabelledUnits[] }
  | { readonly form: "cluener"; readonly examples: readonly AnnotatedText[] };

export type DatasetForm = Dataset["form"];
