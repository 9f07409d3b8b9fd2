import type { AnnotatedText, LabelledUnits } from "./dataset.ts";

/** A text whose entities are marked by offsets, as labelled characters in BIO. Of entities that overlap the first counts. */
export function unitsOfSpans({ text, line, entities }: AnnotatedText): LabelledUnits {
  const units: { start: number; end: number }[] = [];
  const labels: string[] = [];
  let start = 0;
  for (const character of text) {
    const end = start + character.length;
    const entity = entities.find((entity) => entity.start <= start && end <= entity.end);
    units.push({ start, end });
    labels.push(entity === undefined ? "O" : `${entity.start === start ? "B" : "I"}-${entity.type}`);
    start = end;
  }
  return { text, line, units, labels };
}
