import type { DatasetForm } from "../../data/index.ts";
import type { EntityScores, Scores } from "../../metrics/entity-scores.ts";
import { formatCount, formatNumberOf, formatRate, formatSeconds } from "../../report/numbers.ts";
import { printable } from "../../report/printable.ts";
import type { Style } from "../terminal.ts";
import { renderTable } from "./table.ts";

/** What `evaluate --json` prints. */
export interface Evaluation extends EntityScores {
  /** How many texts. */
  readonly examples: number;
  readonly form: DatasetForm;
  /** Time spent on finding the entities, without loading the model and reading the data. */
  readonly seconds: number;
}

const cells = (name: string, { precision, recall, f1, support }: Scores): string[] => [
  name,
  precision.toFixed(4),
  recall.toFixed(4),
  f1.toFixed(4),
  formatCount(support),
];

/** A row for each type and one for all entities together, and how fast it went. */
export function renderScores(evaluation: Evaluation, style: Style): string {
  const { types, examples, form, seconds } = evaluation;
  const { colors } = style;
  const table = renderTable(
    {
      head: ["type", "precision", "recall", "F1", "support"],
      align: ["left", "right", "right", "right", "right"],
      rows: [
        ...Object.entries(types).map(([type, scores]) => cells(printable(type), scores)),
        cells("all", evaluation).map((cell) => colors.bold(cell)),
      ],
    },
    style,
  );
  const speed = `${formatSeconds(seconds)}, ${formatRate(examples, seconds)} texts/s`;
  return `${table}\n ${colors.dim(`${formatNumberOf(examples, "text")} in ${form} form, ${speed}`)}\n`;
}
