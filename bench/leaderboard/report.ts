import { renderTable } from "../../src/cli/render/table.ts";
import type { Style } from "../../src/cli/terminal.ts";
import { formatBytes } from "../../src/report/numbers.ts";
import type { EngineSpec } from "../peers/engines.ts";
import type { Trial } from "./trial.ts";

/** One engine with one model. */
export interface BoardRow {
  readonly engine: string;
  readonly runtime: EngineSpec["runtime"];
  readonly score: number;
  /** Of a graph with the likeliest label of each token in place of the model's CRF. */
  readonly score_without_crf: number | undefined;
  /** Of the model's file. */
  readonly bytes: number;
  /** A text, median of the rounds. */
  readonly ms: number;
  /** How many times as long as our fastest: the median of each round's. */
  readonly ratio: number;
  /** What a new process has grown by after its first answer. */
  readonly memory_bytes: number;
  /** To a new process's first answer. */
  readonly start_ms: number;
}

/** One model's engines, the fastest first. */
export interface Board {
  readonly model: string;
  readonly task: string;
  readonly metric: Trial["metric"];
  readonly counted: string;
  /** Texts left out. */
  readonly too_long: number;
  readonly rows: readonly BoardRow[];
}

const headOf = ({ metric }: Board) => ["engine", metric, "file", "ms a text", "× time", "memory", "start"];

const cellsOf = (row: BoardRow): string[] => [
  row.engine,
  row.score.toFixed(4),
  formatBytes(row.bytes),
  row.ms.toFixed(2),
  row.ratio.toFixed(2),
  formatBytes(row.memory_bytes),
  `${row.start_ms.toFixed(0)} ms`,
];

const titleOf = ({ model, task, counted, too_long }: Board) =>
  `${model}, ${task}: ${counted}${too_long === 0 ? "" : `; too long for one run and left out: ${too_long}`}`;

/** From the least to the most. */
export function rangeOf(scores: readonly number[]): string {
  const [least, most] = [Math.min(...scores), Math.max(...scores)].map((score) => score.toFixed(4));
  return least === most ? least! : `${least} to ${most}`;
}

/** What the peers' scores are without our CRF; empty where there is none. */
function withoutCrf({ metric, rows }: Board): string {
  const scores = rows.flatMap(({ score_without_crf }) => score_without_crf ?? []);
  if (scores.length === 0) return "";
  return `The peers' ${metric} is with this model's CRF over their scores; by their likeliest labels alone it is ${rangeOf(scores)}.\n`;
}

/** The boards for a terminal. */
export function renderBoards(boards: readonly Board[], style: Style): string {
  const align = ["left", "right", "right", "right", "right", "right", "right"] as const;
  return boards
    .map(
      (board) =>
        `${titleOf(board)}\n` +
        renderTable({ head: headOf(board), align, rows: board.rows.map(cellsOf) }, style) +
        withoutCrf(board),
    )
    .join("\n");
}

const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;

/** The boards for a page, ours in bold. */
export function renderMarkdown(boards: readonly Board[]): string {
  return boards
    .map((board) => {
      const rows = board.rows.map((row) => {
        const [engine, ...rest] = cellsOf(row) as [string, ...string[]];
        return line([row.runtime === "electra-edge" ? `**${engine}**` : engine, ...rest]);
      });
      const rule = ["---", "--:", "--:", "--:", "--:", "--:", "--:"];
      const note = withoutCrf(board);
      return `### ${titleOf(board)}\n\n${line(headOf(board))}${line(rule)}${rows.join("")}${note && `\n${note}`}`;
    })
    .join("\n");
}
