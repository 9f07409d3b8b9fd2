import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { renderTable } from "../../src/cli/render/table.ts";
import type { Style } from "../../src/cli/terminal.ts";
import { formatBytes } from "../../src/report/numbers.ts";
import type { Runtime, Trial } from "./trial.ts";

/** One engine with one model. */
export interface BoardRow {
  readonly engine: string;
  readonly runtime: Runtime;
  readonly score: number;
  /** Of a graph's scores with the model's CRF over them. */
  readonly score_with_crf: number | undefined;
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

const titleOf = ({ model, task, counted }: Board) => `${model}, ${task}: ${counted}`;

/** What the peers' scores would be with our CRF; empty where there is none. */
function withCrf({ metric, rows }: Board): string {
  const scores = rows.flatMap(({ score_with_crf }) => (score_with_crf === undefined ? [] : [score_with_crf]));
  if (scores.length === 0) return "";
  const [least, most] = [Math.min(...scores), Math.max(...scores)].map((score) => score.toFixed(4));
  const range = least === most ? least : `${least} to ${most}`;
  return `With this model's CRF over onnxruntime's scores the ${metric} is ${range}.\n`;
}

/** The boards for a terminal. */
export function renderBoards(boards: readonly Board[], style: Style): string {
  const align = ["left", "right", "right", "right", "right", "right", "right"] as const;
  return boards
    .map(
      (board) =>
        `${titleOf(board)}\n` +
        renderTable({ head: headOf(board), align, rows: board.rows.map(cellsOf) }, style) +
        withCrf(board),
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
      const note = withCrf(board);
      return `### ${titleOf(board)}\n\n${line(headOf(board))}${line(rule)}${rows.join("")}${note && `\n${note}`}`;
    })
    .join("\n");
}

const PAGE = new URL("../../docs/benchmarks.md", import.meta.url);
const BEGIN = "<!-- npm run bench:leaderboard -- --write: begin -->";
const END = "<!-- end -->";

/** Renews the boards in docs/benchmarks.md. */
export async function writeBoards(boards: readonly Board[]): Promise<void> {
  const [before, rest] = (await readFile(PAGE, "utf8")).split(BEGIN) as [string, string];
  const machine = `Measured on ${cpus()[0]!.model.trim()}, ${cpus().length} cores, Node ${process.versions.node}.`;
  const section = `${BEGIN}\n\n${machine}\n\n${renderMarkdown(boards)}\n${rest.slice(rest.indexOf(END))}`;
  await writeFile(PAGE, before + section);
}
