import { type Finding, labelOf } from "../entity-types.ts";

/** A stretch of the text that gets a line of its own: UTF-16 offsets, half-open. */
export interface Unit {
  readonly start: number;
  readonly end: number;
}

/** Each code point of a text. */
export function characterUnits(text: string): Unit[] {
  const units: Unit[] = [];
  let start = 0;
  for (const character of text) {
    units.push({ start, end: start + character.length });
    start += character.length;
  }
  return units;
}

/** The columns can't hold a tab or a line break, so a blank stands in for it. */
const cell = (text: string) => text.replace(/[\t\n\r]/gu, " ");

/** `unit<TAB>label` lines in BIO, ended by a blank line. A unit that an entity only touches belongs to it. */
export function renderConll(text: string, units: readonly Unit[], entities: readonly Finding[]): string {
  let lines = "";
  let next = 0;
  let open: Finding | undefined;
  for (const { start, end } of units) {
    while (next < entities.length && entities[next]!.end <= start) next++;
    const entity = entities[next];
    const inside = entity !== undefined && entity.start < end && labelOf(entity) !== "O";
    const label = inside ? `${entity === open ? "I" : "B"}-${labelOf(entity)}` : "O";
    open = inside ? entity : undefined;
    lines += `${cell(text.slice(start, end))}\t${label}\n`;
  }
  return `${lines}\n`;
}
