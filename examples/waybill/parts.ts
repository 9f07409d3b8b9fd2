/** What a stretch of a waybill is: person, telephone, province, city, district, street and below, or none of them. */
export type PartLabel = "P" | "T" | "A1" | "A2" | "A3" | "A4" | "O";

export interface Part {
  readonly label: PartLabel;
  readonly text: string;
}

export const HEADER = "text_a\tlabel";

const SEPARATOR = "\x02";

/** A line of the form that `src/data/waybill.ts` reads. */
export function waybillLine(parts: readonly Part[]): string {
  const characters: string[] = [];
  const labels: string[] = [];
  for (const { label, text } of parts) {
    for (const [i, character] of [...text].entries()) {
      characters.push(character);
      labels.push(label === "O" ? "O" : `${label}-${i === 0 ? "B" : "I"}`);
    }
  }
  return `${characters.join(SEPARATOR)}\t${labels.join(SEPARATOR)}`;
}
