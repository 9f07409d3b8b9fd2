import Table from "cli-table3";
import type { Style } from "../terminal.ts";

export interface TableLayout {
  readonly head: readonly string[];
  readonly align: readonly ("left" | "right")[];
  readonly rows: readonly (readonly string[])[];
  /** The column to cut short where the table is wider than the terminal. */
  readonly elastic?: number;
}

const GAP = 2;
const NARROWEST = 8;

const NO_LINES = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "",
};

const PLAIN = { head: [], border: [], "padding-left": 0, "padding-right": 0 };

/** How many columns a terminal needs for the widest of `cells`; Chinese characters take two. */
function widthOf(cells: readonly string[]): number {
  const table = new Table({ chars: { ...NO_LINES, top: "─" }, style: PLAIN });
  table.push(...cells.map((cell) => [cell]));
  return table.toString().indexOf("\n");
}

/** Rows in columns under a ruled head, each line ended. Cells may hold colours but no line breaks. */
export function renderTable({ head, align, rows, elastic }: TableLayout, { colors, columns }: Style): string {
  const widths = head.map((title, i) => widthOf([title, ...rows.map((row) => row[i]!)]));
  const total = widths.reduce((sum, width) => sum + width + GAP, 0);
  if (elastic !== undefined && columns !== undefined && total > columns) {
    widths[elastic] = Math.max(NARROWEST, widths[elastic]! - (total - columns));
  }
  const table = new Table({
    chars: NO_LINES,
    style: { ...PLAIN, "padding-left": 1, "padding-right": 1 },
    colAligns: [...align],
    colWidths: widths.map((width) => width + GAP),
  });
  table.push(
    head.map((title) => colors.bold(title)),
    widths.map((width) => colors.dim("─".repeat(width))),
    ...rows.map((row) => [...row]),
  );
  const lines = table.toString().split("\n");
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}
