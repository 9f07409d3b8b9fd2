import { escapeHtml } from "./html.ts";
import { printable, printableLines } from "./printable.ts";

/** A stretch of a text, inside an entity or between two. */
export interface Segment<Entity> {
  readonly text: string;
  readonly entity: Entity | undefined;
}

/**
 * Cuts a text at its entities, which come in order of their start; nothing of it is lost. One that overlaps an entity
 * before it is passed over.
 */
export function segmentText<Entity extends { readonly start: number; readonly end: number }>(
  text: string,
  entities: readonly Entity[],
): Segment<Entity>[] {
  const segments: Segment<Entity>[] = [];
  let at = 0;
  for (const entity of entities) {
    if (entity.start < at) continue;
    if (entity.start > at) segments.push({ text: text.slice(at, entity.start), entity: undefined });
    segments.push({ text: text.slice(entity.start, entity.end), entity });
    at = entity.end;
  }
  if (at < text.length) segments.push({ text: text.slice(at), entity: undefined });
  return segments;
}

/** Neighbouring types get hues far apart: 137.5° is the golden angle. */
const hueOf = (index: number): number => Math.round(255 + index * 137.5) % 360;

/**
 * What gives an element its type's colour, or for −1 the grey of what is no entity.
 *
 * @param classes that it has beside
 */
export function colorAttributes(index: number, ...classes: readonly string[]): string {
  const all = index === -1 ? [...classes, "outside"] : classes;
  const parts = [
    all.length === 0 ? "" : `class="${all.join(" ")}"`,
    index === -1 ? "" : `style="--hue: ${hueOf(index)}"`,
  ];
  return parts.filter((part) => part !== "").join(" ");
}

/** An entity to mark in a text. */
export interface Mark {
  readonly start: number;
  readonly end: number;
  readonly label: string;
  /** The attributes of its element, such as {@link colorAttributes}. */
  readonly attributes: string;
}

/** A text as HTML, its entities in `<mark>` with their labels. */
export function markText(text: string, marks: readonly Mark[]): string {
  const pieces = segmentText(text, marks).map(({ text, entity }) => {
    const content = escapeHtml(printableLines(text));
    if (entity === undefined) return content;
    const label = escapeHtml(printable(entity.label));
    return `<mark ${entity.attributes}>${content}<span class="label">${label}</span></mark>`;
  });
  return pieces.join("");
}

/** For an element that holds a text: so that browsers choose Chinese forms of Han characters. */
export const languageOf = (text: string): string => (/\p{Script=Han}/u.test(text) ? ' lang="zh"' : "");

/** How marks look, in light and dark. */
export const MARK_STYLE = `
.type, mark {
  background: light-dark(oklch(0.92 0.07 var(--hue)), oklch(0.38 0.075 var(--hue)));
  color: light-dark(oklch(0.24 0.06 var(--hue)), oklch(0.96 0.03 var(--hue)));
}
.type { border-radius: 999px; padding: 0.05rem 0.7rem; font-size: 0.82rem; font-weight: 600; }
.text { margin: 0; font-size: 1.15rem; line-height: 2.3; white-space: pre-wrap; overflow-wrap: anywhere; }
mark {
  padding: 0.28em 0.35em; margin: 0 0.1em; border-radius: 0.4em;
  -webkit-box-decoration-break: clone; box-decoration-break: clone;
}
.label {
  margin-left: 0.45em; padding: 0.1em 0.45em; border-radius: 0.35em; font-size: 0.66em; font-weight: 700;
  vertical-align: 0.08em; white-space: nowrap; user-select: none;
  background: light-dark(oklch(0.46 0.13 var(--hue)), oklch(0.83 0.09 var(--hue)));
  color: light-dark(white, oklch(0.22 0.05 var(--hue)));
}
.outside { --hue: 0; filter: grayscale(1); }
.label::before { content: "\\2060"; } /* a word joiner: the label never starts a line */
@media (forced-colors: active) { mark, .type { border: 1px solid; } }
`;
