import { renderTable } from "../../src/cli/render/table.ts";
import type { Style } from "../../src/cli/terminal.ts";
import type { Accuracy } from "./accuracy.ts";
import type { Row } from "./measure.ts";
import { describeMachine } from "./page.ts";

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

const line = (row: readonly string[]) => `| ${row.join(" | ")} |\n`;

/** The rows for a page, what they were measured on, and how exact each engine is. */
export async function renderMarkdown(rows: readonly Row[], accuracies: readonly Accuracy[]): Promise<string> {
  return `${await describeMachine()}

### Speed and memory

${line(HEAD)}${line(["---", "---", "--:", "--:", "--:", "--:", "--:"])}${rows.map((row) => line(cells(row))).join("")}
### Accuracy

The waybill tagger of PyTorch on the made-up waybills of \`test/fixtures\`: the relative error of the logits against PyTorch in
float32, ‖ours − PyTorch's‖ / ‖PyTorch's‖, and how many labels on the CRF's best path are PyTorch's.

${line(["engine", "relative error", "same labels"])}${line(["---", "--:", "--:"])}${accuracies
  .map(({ engine, error, labels }) =>
    line([
      engine,
      error.toExponential(1),
      labels === undefined ? "no CRF" : `${(labels * 100).toFixed(2)} %`,
    ]),
  )
  .join("")}`;
}
