import { printable } from "../../report/printable.ts";
import type { Style } from "../terminal.ts";
import { renderTable } from "./table.ts";

const BAR_WIDTH = 20;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar as long as a probability, to an eighth of a character; what is no probability has none. */
export function bar(score: number): string {
  if (!(score >= 0 && score <= 1)) return "";
  const eighths = Math.round(score * BAR_WIDTH * 8);
  return "█".repeat(eighths >> 3) + EIGHTHS[eighths & 7];
}

export interface ScoreRow {
  readonly name: string;
  readonly score: number;
  /** What is said beside it, such as the text that it makes. */
  readonly note?: string;
}

/** Rows of a name, its score and a bar of it, the first in bold. */
export function renderScoreRows(
  head: string,
  note: string | undefined,
  rows: readonly ScoreRow[],
  style: Style,
): string {
  const { colors } = style;
  return renderTable(
    {
      head: [head, "score", "", ...(note === undefined ? [] : [note])],
      align: ["left", "right", "left", ...(note === undefined ? [] : (["left"] as const))],
      rows: rows.map(({ name, score, note: said }, i) => [
        i === 0 ? colors.bold(printable(name)) : printable(name),
        score.toFixed(4),
        colors.cyan(bar(score)),
        ...(note === undefined ? [] : [printable(said ?? "")]),
      ]),
      elastic: note === undefined ? 0 : 3,
    },
    style,
  );
}
