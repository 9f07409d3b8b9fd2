import type { Answer } from "../../index.node.ts";
import { segmentText } from "../../report/marked-text.ts";
import { printable, printableLines } from "../../report/printable.ts";
import type { Style } from "../terminal.ts";
import { bar } from "./scores-table.ts";
import { renderTable } from "./table.ts";

/** The context with the best answer marked, and a table of all answers. */
export function renderAnswers(context: string, answers: readonly Answer[], style: Style): string {
  const { colors } = style;
  const best = answers.filter(({ end, start }) => end > start).slice(0, 1);
  const pieces = segmentText(context, best).map(({ text, entity }) => {
    const content = printableLines(text);
    if (entity === undefined) return content;
    return colors.isColorSupported ? colors.bold(colors.inverse(content)) : `[${content}]`;
  });
  const table = renderTable(
    {
      head: ["answer", "start–end", "score", ""],
      align: ["left", "right", "right", "left"],
      rows: answers.map(({ answer, start, end, score }) => [
        answer === "" ? colors.dim("no answer") : printable(answer),
        answer === "" ? "" : `${start}–${end}`,
        score.toFixed(4),
        colors.cyan(bar(score)),
      ]),
      elastic: 0,
    },
    style,
  );
  return `${pieces.join("")}\n\n${table}`;
}
