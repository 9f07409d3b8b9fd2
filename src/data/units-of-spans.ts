import type { AnnotatedText, LabelledUnits } from "./dataset.ts";

/** A text whose entities are marked by offsets, as labelled characters in BIO. Of entities that overlap the first counts. */
export function unitsOfSpans({ text, line, entities }: AnnotatedText): LabelledUnits {
  const units: { start: number; end: number }[] = [];
  const labels: string[] = [];
  let start = 0;
  let next = 0;
  for (const character of text) {
    const end = start + character.length;
    // In order of their starts: one that ends before a character's end holds none of what follows.
    while (next < entities.length && entities[next]!.end < end) next++;
    const entity = entities[next];
    const inside = entity !== undefined && entity.start <= start;
    units.push({ start, end });
    labels.push(inside ? `${entity.start === start ? "B" : "I"}-${entity.type}` : "O");
    start = end;
  }
  return { text, line, units, labels };
}
