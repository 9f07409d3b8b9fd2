import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { renderTable } from "../../src/cli/render-table.ts";
import type { Style } from "../../src/cli/terminal.ts";
import type { Row } from "./measure.ts";
import { peerFile } from "./peers.ts";

const HEAD = ["figure", "shape", "tokens", "threads", "ours", "peer", "ratio"];

const isMemory = ({ figure }: Row) => figure.startsWith("memory");

function cells(row: Row): string[] {
  const quantity = (value: number) => `${value.toFixed(value < 100 ? 1 : 0)} ${isMemory(row) ? "MB" : "ms"}`;
  const { figure, shape, tokens, threads, ours_ms, peer_ms, ratio } = row;
  return [
    figure,
    shape,
    `${tokens}`,
    `${threads}`,
    quantity(ours_ms),
    quantity(peer_ms),
    `${ratio.toFixed(2)}×`,
  ];
}

/** The rows for a terminal. */
export function renderRows(rows: readonly Row[], style: Style): string {
  return renderTable(
    {
      head: HEAD,
      align: ["left", "left", "right", "right", "right", "right", "right"],
      rows: rows.map(cells),
    },
    style,
  );
}

/** The rows for a page, and what they were measured on. */
export async function renderMarkdown(rows: readonly Row[]): Promise<string> {
  const version = async (name: string) =>
    JSON.parse(await readFile(peerFile(`${name}/package.json`), "utf8")).version;
  const peers = await Promise.all(
    ["onnxruntime-web", "onnxruntime-node", "@huggingface/transformers"].map(
      async (name) => `${name} ${await version(name)}`,
    ),
  );
  const line = (row: readonly string[]) => `| ${row.join(" | ")} |\n`;
  return (
    `Measured on ${cpus()[0]!.model.trim()}, ${cpus().length} cores, Node ${process.versions.node}, ${peers.join(", ")}.\n\n` +
    line(HEAD) +
    line(["---", "---", "--:", "--:", "--:", "--:", "--:"]) +
    rows.map((row) => line(cells(row))).join("")
  );
}
