import type { Reading } from "../../index.node.ts";
import { segmentText } from "../../report/marked-text.ts";
import { printable, printableLines } from "../../report/printable.ts";
import { type EntityTypes, type Finding, labelOf } from "../entity-types.ts";
import type { Style } from "../terminal.ts";
import { renderTable } from "./table.ts";

/** Of the 256 colours: a light background for an entity's text and a dark one of the same hue for its label. */
const HUES: readonly (readonly [light: number, dark: number])[] = [
  [153, 25],
  [157, 28],
  [223, 130],
  [218, 125],
  [189, 55],
  [159, 30],
  [216, 124],
  [194, 64],
  [229, 100],
  [225, 90],
];

const GREY = [254, 240] as const;
const BLACK = 16;
const WHITE = 231;

const onColor = (background: number, foreground: number, text: string) =>
  `\x1b[48;5;${background}m\x1b[38;5;${foreground}m ${text} \x1b[0m`;

function colorsOf(entity: Finding, types: EntityTypes): readonly [light: number, dark: number] {
  const index = types.indexOf(entity);
  return index === -1 ? GREY : HUES[index % HUES.length]!;
}

/** The text with its entities marked: by colour and label, or by brackets and label, `[张三 P]`. */
function highlight(
  text: string,
  entities: readonly Finding[],
  types: EntityTypes,
  { colors }: Style,
): string {
  const pieces = segmentText(text, entities).map((segment) => {
    const content = printableLines(segment.text);
    if (segment.entity === undefined) return content;
    const label = printable(labelOf(segment.entity));
    if (!colors.isColorSupported) return `[${content} ${label}]`;
    const [light, dark] = colorsOf(segment.entity, types);
    return onColor(light, BLACK, content) + onColor(dark, WHITE, label);
  });
  return pieces.join("");
}

/** What `run` shows a person: the marked text and, below, a table of its entities with their UTF-16 offsets. */
export function renderEntities(
  text: string,
  entities: readonly Finding[],
  types: EntityTypes,
  style: Style,
): string {
  const { colors } = style;
  const marked = `${highlight(text, entities, types, style)}\n\n`;
  if (entities.length === 0) return `${marked} ${colors.dim("no entities")}\n`;
  const table = renderTable(
    {
      head: ["type", "text", "start–end", "score"],
      align: ["left", "left", "right", "right"],
      rows: entities.map((entity) => [
        colors.isColorSupported
          ? onColor(colorsOf(entity, types)[1], WHITE, printable(labelOf(entity)))
          : printable(labelOf(entity)),
        printable(entity.word),
        `${entity.start}–${entity.end}`,
        entity.score.toFixed(4),
      ]),
      elastic: 1,
    },
    style,
  );
  return marked + table;
}

/** A line for each way to read a text: its probability, and the text as it then is marked. */
export function renderReadings(
  text: string,
  readings: readonly Reading[],
  types: EntityTypes,
  style: Style,
): string {
  return readings
    .map(({ score, entities }) => ` ${score.toFixed(4)}  ${highlight(text, entities, types, style)}\n`)
    .join("");
}
