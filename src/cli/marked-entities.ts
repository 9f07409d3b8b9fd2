import type { Dataset, LabelledSpan } from "../data/index.ts";
import { detectScheme, labelsToSpans, parseLabel } from "../text/labels.ts";

/** An example of a data set with the entities that it marks, in UTF-16 offsets. */
export interface MarkedText {
  readonly text: string;
  readonly line: number;
  readonly entities: readonly LabelledSpan[];
}

/** Turns every form's labels into entities; labels of characters or words by conlleval's rules. */
export function markedTexts(dataset: Dataset): readonly MarkedText[] {
  if (dataset.form === "cluener") return dataset.examples;
  const scheme = detectScheme([...new Set(dataset.examples.flatMap(({ labels }) => labels))]);
  return dataset.examples.map(({ text, line, units, labels }) => {
    const spans = labelsToSpans(labels.map((label) => parseLabel(label, scheme)));
    const entities = spans.map(({ type, start, end }) => ({
      type,
      start: units[start]!.start,
      end: units[end - 1]!.end,
    }));
    return { text, line, entities };
  });
}
